// Nothing in the network deletes at will. A store removes copies only for one of two warrants, which
// it checks itself. Time limits are part of what is signed; a store judges them by its own clock.
import {
  ByteReader,
  ByteWriter,
  type CopyId,
  concatBytes,
  copyId,
  equalBytes,
  fromHex,
  KuraError,
  type StoreId,
  storeId,
  toHex,
  utf8,
} from '@kura/base';
import {
  isEncodable,
  isHexOf,
  isTime,
  isU32,
  type StoreAcknowledgement,
  signEd25519,
  verifyAcknowledgement,
  verifyEd25519,
} from './acknowledgement.ts';

/** Signed by the owner: these copies may go, not before `notBeforeMs`. */
export interface DestroyPackWarrant {
  readonly kind: 'destroy-pack';
  readonly storeId: StoreId;
  readonly copyIds: readonly CopyId[];
  readonly issuedMs: number;
  readonly notBeforeMs: number;
  readonly signature: Uint8Array;
}

/** Signed by the coordinator, with fresh acknowledgements of at least the minimum of other stores. */
export interface RetireCopyWarrant {
  readonly kind: 'retire-copy';
  readonly storeId: StoreId;
  readonly copyId: CopyId;
  readonly issuedMs: number;
  readonly minimumCopies: number;
  /** What other stores hold of the same pack; the coordinator vouches that it is the same. */
  readonly others: readonly StoreAcknowledgement[];
  readonly signature: Uint8Array;
}

export type Warrant = DestroyPackWarrant | RetireCopyWarrant;

/** One warrant names at most this many copies: its check stays bounded. */
export const MAX_WARRANT_COPIES = 10_000;
/** A retirement needs a handful; more would only cost whoever checks it. */
export const MAX_WARRANT_ACKNOWLEDGEMENTS = 64;
/** Acknowledgements older than this prove nothing about today. */
export const FRESH_ACKNOWLEDGEMENT_MS = 24 * 60 * 60 * 1000;

const DESTROY_DOMAIN = utf8('kura/1 destroy-pack\n');
const RETIRE_DOMAIN = utf8('kura/1 retire-copy\n');
const HEAD_BYTES = 256;
const STORE_ID_BYTES = 16;
const COPY_ID_BYTES = 32;
const ROOT_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** Integers little-endian, ids and hashes as they are, lists after a `u32`; a domain first. */
function encode(warrant: Unsigned<Warrant>): Uint8Array {
  const count = warrant.kind === 'destroy-pack' ? warrant.copyIds.length : warrant.others.length;
  const writer = new ByteWriter(HEAD_BYTES + count * 256);
  writer.raw(warrant.kind === 'destroy-pack' ? DESTROY_DOMAIN : RETIRE_DOMAIN);
  writer.raw(fromHex(warrant.storeId));
  writer.u64(BigInt(warrant.issuedMs));
  if (warrant.kind === 'destroy-pack') {
    writer.u64(BigInt(warrant.notBeforeMs));
    writer.u32(warrant.copyIds.length);
    for (const id of warrant.copyIds) writer.raw(fromHex(id));
    return writer.bytes();
  }
  writer.raw(fromHex(warrant.copyId));
  writer.u32(warrant.minimumCopies);
  writer.u32(warrant.others.length);
  for (const ack of warrant.others) {
    writer.raw(fromHex(ack.storeId));
    writer.raw(fromHex(ack.copyId));
    writer.u32(ack.leafCount);
    writer.raw(ack.root);
    writer.u64(BigInt(ack.timeMs));
    writer.raw(ack.signature);
  }
  return writer.bytes();
}

/** What is signed, then the signature: how a warrant travels. `refused` for what no store could obey. */
export function encodeWarrant(warrant: Warrant): Uint8Array {
  if (!isWellFormed(warrant) || warrant.signature.length !== SIGNATURE_BYTES) {
    throw new KuraError('refused', 'a field of the warrant is out of bounds');
  }
  return concatBytes(encode(warrant), warrant.signature);
}

/** Throws `corrupt`; whether the warrant holds is for `verifyWarrant` to say. */
export function decodeWarrant(bytes: Uint8Array): Warrant {
  const reader = new ByteReader(bytes, 'warrant');
  const kind = readKind(bytes, reader);
  const common = { storeId: storeId(readHex(reader, STORE_ID_BYTES)), issuedMs: readTime(reader) };
  if (kind === 'destroy-pack') {
    const notBeforeMs = readTime(reader);
    const copyIds = readMany(reader, MAX_WARRANT_COPIES, () => readCopyId(reader));
    return { kind, ...common, notBeforeMs, copyIds, signature: readSignature(reader) };
  }
  const fields = { copyId: readCopyId(reader), minimumCopies: reader.u32() };
  const others = readMany(reader, MAX_WARRANT_ACKNOWLEDGEMENTS, () => ({
    storeId: storeId(readHex(reader, STORE_ID_BYTES)),
    copyId: readCopyId(reader),
    leafCount: reader.u32(),
    root: reader.raw(ROOT_BYTES).slice(),
    timeMs: readTime(reader),
    signature: reader.raw(SIGNATURE_BYTES).slice(),
  }));
  return { kind, ...common, ...fields, others, signature: readSignature(reader) };
}

function readKind(bytes: Uint8Array, reader: ByteReader): Warrant['kind'] {
  for (const [kind, domain] of [
    ['destroy-pack', DESTROY_DOMAIN],
    ['retire-copy', RETIRE_DOMAIN],
  ] as const) {
    if (!equalBytes(bytes.subarray(0, domain.length), domain)) continue;
    reader.raw(domain.length);
    return kind;
  }
  return reader.fail('it is of no known kind');
}

function readMany<T>(reader: ByteReader, most: number, readOne: () => T): T[] {
  const count = reader.u32();
  if (count > most) reader.fail(`it names more than ${most}`);
  return Array.from({ length: count }, readOne);
}

function readCopyId(reader: ByteReader): CopyId {
  return copyId(readHex(reader, COPY_ID_BYTES));
}

function readHex(reader: ByteReader, length: number): string {
  return toHex(reader.raw(length));
}

function readTime(reader: ByteReader): number {
  const timeMs = Number(reader.u64());
  return isTime(timeMs) ? timeMs : reader.fail('a time is out of range');
}

function readSignature(reader: ByteReader): Uint8Array {
  const signature = reader.raw(SIGNATURE_BYTES).slice();
  reader.end();
  return signature;
}

type Unsigned<W> = W extends Warrant ? Omit<W, 'signature'> : never;

export function signWarrant<W extends Warrant>(fields: Unsigned<W>, seed: Uint8Array): W {
  return {
    ...fields,
    signature: signEd25519(encode(fields as Unsigned<Warrant>), seed),
  } as unknown as W;
}

/** What the encoding can hold and a check of bounded length can cover; the types may be a sender's word. */
function isWellFormed(warrant: Warrant): boolean {
  if (!isHexOf(warrant.storeId, 16) || !isTime(warrant.issuedMs)) return false;
  switch (warrant.kind) {
    case 'destroy-pack':
      return (
        isTime(warrant.notBeforeMs) &&
        warrant.copyIds.length <= MAX_WARRANT_COPIES &&
        warrant.copyIds.every((id) => isHexOf(id, 32))
      );
    case 'retire-copy':
      return (
        isHexOf(warrant.copyId, 32) &&
        isU32(warrant.minimumCopies) &&
        warrant.others.length <= MAX_WARRANT_ACKNOWLEDGEMENTS &&
        warrant.others.every(isEncodable)
      );
    default:
      return false;
  }
}

export interface WarrantCheck {
  readonly storeId: StoreId;
  readonly nowMs: number;
  /** The owner's key for destroy-pack, the coordinator's for retire-copy; raw Ed25519. */
  readonly signerKey: Uint8Array;
  /** Keys of the other stores, for retire-copy. */
  readonly storeKeys: ReadonlyMap<StoreId, Uint8Array>;
}

/** Throws `refused`, saying why, unless the warrant holds here and now. */
export function verifyWarrant(warrant: Warrant, check: WarrantCheck): void {
  const refuse = (why: string): never => {
    throw new KuraError('refused', `the ${warrant.kind} warrant is refused: ${why}`);
  };
  if (warrant.storeId !== check.storeId) refuse('it names another store');
  if (!isWellFormed(warrant)) refuse('a field of it is out of bounds');
  if (!verifyEd25519(encode(warrant), warrant.signature, check.signerKey)) {
    refuse('its signature does not belong to whoever may order this');
  }
  if (warrant.kind === 'destroy-pack') {
    if (check.nowMs < warrant.notBeforeMs) refuse('its delay has not passed');
    return;
  }
  const fresh = new Set<StoreId>();
  for (const ack of warrant.others) {
    const key = check.storeKeys.get(ack.storeId);
    if (key === undefined || ack.storeId === check.storeId) continue;
    if (Math.abs(check.nowMs - ack.timeMs) > FRESH_ACKNOWLEDGEMENT_MS) continue;
    verifyAcknowledgement(ack, key);
    fresh.add(ack.storeId);
  }
  if (warrant.minimumCopies < 1 || fresh.size < warrant.minimumCopies) {
    refuse(`only ${fresh.size} other stores vouch, ${warrant.minimumCopies} are needed`);
  }
}
