// What a store signs once a copy is durable and re-read: anyone can check it without a key.
import { ByteWriter, type CopyId, fromHex, KuraError, type StoreId, utf8 } from '@kura/base';
import { signEd25519, verifyEd25519 } from '@kura/log/ed25519.ts';

export { ed25519PublicKey, signEd25519, verifyEd25519 } from '@kura/log/ed25519.ts';

export interface StoreAcknowledgement {
  readonly storeId: StoreId;
  readonly copyId: CopyId;
  readonly leafCount: number;
  /** Merkle root over the outer bytes, 32 bytes. */
  readonly root: Uint8Array;
  /** The store's clock, milliseconds since 1970. */
  readonly timeMs: number;
  /** Ed25519 over the encoded fields, 64 bytes. */
  readonly signature: Uint8Array;
}

const DOMAIN = utf8('kura/1 store acknowledgement\n');
const MAX_ENCODED_BYTES = 256;
const ROOT_BYTES = 32;
const SIGNATURE_BYTES = 64;

function encode(fields: Omit<StoreAcknowledgement, 'signature'>): Uint8Array {
  const writer = new ByteWriter(MAX_ENCODED_BYTES);
  writer.raw(DOMAIN);
  writer.raw(fromHex(fields.storeId));
  writer.raw(fromHex(fields.copyId));
  writer.u32(fields.leafCount);
  writer.raw(fields.root);
  writer.u64(BigInt(fields.timeMs));
  return writer.bytes();
}

/** `seed`: the store's Ed25519 seed, 32 bytes. */
export function signAcknowledgement(
  fields: Omit<StoreAcknowledgement, 'signature'>,
  seed: Uint8Array,
): StoreAcknowledgement {
  return { ...fields, signature: signEd25519(encode(fields), seed) };
}

/**
 * False for what the encoding cannot hold: such numbers would throw, and ids of another length would
 * let one signature stand for two texts.
 */
export function isEncodable(ack: StoreAcknowledgement): boolean {
  return (
    isHexOf(ack.storeId, 16) &&
    isHexOf(ack.copyId, 32) &&
    isU32(ack.leafCount) &&
    ack.root.length === ROOT_BYTES &&
    isTime(ack.timeMs) &&
    ack.signature.length === SIGNATURE_BYTES
  );
}

export function isHexOf(text: string, bytes: number): boolean {
  return text.length === bytes * 2 && /^[0-9a-f]*$/.test(text);
}

export function isU32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}

export function isTime(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Throws `refused` unless the store with this key signed exactly these fields. */
export function verifyAcknowledgement(ack: StoreAcknowledgement, publicKey: Uint8Array): void {
  if (!isEncodable(ack) || !verifyEd25519(encode(ack), ack.signature, publicKey)) {
    throw new KuraError('refused', `the acknowledgement of store ${ack.storeId} is not its own`);
  }
}
