// The three kinds of warrant, and their bytes: how each is signed and travels. What a store makes of one is in
// `warrant.ts`.
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
} from './acknowledgement.ts';
import { CLOSING_NOTICE_BYTES } from './closing/closing-notice.ts';

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

/** Signed by the coordinator, for a member whose owner has consented: after the notice that it carries. */
export interface ClosingWarrant {
  readonly kind: 'closing';
  readonly storeId: StoreId;
  readonly copyIds: readonly CopyId[];
  readonly issuedMs: number;
  /** As this store was told it (`closing/closing-notice.ts`). */
  readonly notice: Uint8Array;
  readonly signature: Uint8Array;
}

export type Warrant = DestroyPackWarrant | RetireCopyWarrant | ClosingWarrant;
export type Unsigned<W> = W extends Warrant ? Omit<W, 'signature'> : never;

/** One warrant names at most this many copies: its check stays bounded. */
export const MAX_WARRANT_COPIES = 10_000;
/** A retirement needs a handful; more would only cost whoever checks it. */
export const MAX_WARRANT_ACKNOWLEDGEMENTS = 64;
/** Acknowledgements older than this prove nothing about today. */
export const FRESH_ACKNOWLEDGEMENT_MS = 24 * 60 * 60 * 1000;

const DESTROY_DOMAIN = utf8('kura/1 destroy-pack\n');
const RETIRE_DOMAIN = utf8('kura/1 retire-copy\n');
const CLOSING_DOMAIN = utf8('kura/1 closing warrant\n');
const DOMAINS: Readonly<Record<Warrant['kind'], Uint8Array>> = {
  'destroy-pack': DESTROY_DOMAIN,
  'retire-copy': RETIRE_DOMAIN,
  closing: CLOSING_DOMAIN,
};
const HEAD_BYTES = 512;
const STORE_ID_BYTES = 16;
const COPY_ID_BYTES = 32;
const ROOT_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** What is signed: integers little-endian, ids and hashes as they are, lists after a `u32`; a domain first. */
export function warrantMessage(warrant: Unsigned<Warrant>): Uint8Array {
  const entries = warrant.kind === 'retire-copy' ? warrant.others : warrant.copyIds;
  const writer = new ByteWriter(HEAD_BYTES + entries.length * 256);
  writer.raw(DOMAINS[warrant.kind]);
  writer.raw(fromHex(warrant.storeId));
  writer.u64(BigInt(warrant.issuedMs));
  switch (warrant.kind) {
    case 'destroy-pack':
      writer.u64(BigInt(warrant.notBeforeMs));
      writeCopies(writer, warrant.copyIds);
      break;
    case 'closing':
      writer.raw(warrant.notice);
      writeCopies(writer, warrant.copyIds);
      break;
    case 'retire-copy':
      writer.raw(fromHex(warrant.copyId));
      writer.u32(warrant.minimumCopies);
      writer.u32(warrant.others.length);
      for (const ack of warrant.others) writeAcknowledgement(writer, ack);
  }
  return writer.bytes();
}

function writeCopies(writer: ByteWriter, copyIds: readonly CopyId[]): void {
  writer.u32(copyIds.length);
  for (const id of copyIds) writer.raw(fromHex(id));
}

function writeAcknowledgement(writer: ByteWriter, ack: StoreAcknowledgement): void {
  writer.raw(fromHex(ack.storeId));
  writer.raw(fromHex(ack.copyId));
  writer.u32(ack.leafCount);
  writer.raw(ack.root);
  writer.u64(BigInt(ack.timeMs));
  writer.raw(ack.signature);
}

/** What is signed, then the signature: how a warrant travels. `refused` for what no store could obey. */
export function encodeWarrant(warrant: Warrant): Uint8Array {
  if (!isWellFormed(warrant) || warrant.signature.length !== SIGNATURE_BYTES) {
    throw new KuraError('refused', 'a field of the warrant is out of bounds');
  }
  return concatBytes(warrantMessage(warrant), warrant.signature);
}

/** Throws `corrupt`; whether the warrant holds is for `verifyWarrant` to say. */
export function decodeWarrant(bytes: Uint8Array): Warrant {
  const reader = new ByteReader(bytes, 'warrant');
  const kind = readKind(bytes, reader);
  const common = { storeId: storeId(readHex(reader, STORE_ID_BYTES)), issuedMs: readTime(reader) };
  const readCopies = () => readMany(reader, MAX_WARRANT_COPIES, () => readCopyId(reader));
  if (kind === 'destroy-pack') {
    const notBeforeMs = readTime(reader);
    return {
      kind,
      ...common,
      notBeforeMs,
      copyIds: readCopies(),
      signature: readSignature(reader),
    };
  }
  if (kind === 'closing') {
    const notice = reader.raw(CLOSING_NOTICE_BYTES).slice();
    return { kind, ...common, notice, copyIds: readCopies(), signature: readSignature(reader) };
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
  for (const kind of ['destroy-pack', 'retire-copy', 'closing'] as const) {
    const domain = DOMAINS[kind];
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

/** What the encoding can hold and a check of bounded length can cover; the types may be a sender's word. */
export function isWellFormed(warrant: Warrant): boolean {
  if (!isHexOf(warrant.storeId, 16) || !isTime(warrant.issuedMs)) return false;
  switch (warrant.kind) {
    case 'destroy-pack':
      return isTime(warrant.notBeforeMs) && areCopies(warrant.copyIds);
    case 'closing':
      return warrant.notice.length === CLOSING_NOTICE_BYTES && areCopies(warrant.copyIds);
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

function areCopies(copyIds: readonly CopyId[]): boolean {
  return copyIds.length <= MAX_WARRANT_COPIES && copyIds.every((id) => isHexOf(id, 32));
}
