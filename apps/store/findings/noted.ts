// What a store has found wrong with one of its copies, as it keeps it: durable before anything is healed, so that the
// evidence outlives the heal. Bytes: `docs/design/format.md`, section *Finding*.
import { hash } from 'node:crypto';
import {
  ByteReader,
  ByteWriter,
  type CopyId,
  copyId,
  equalBytes,
  fromHex,
  KuraError,
  toHex,
} from '@kura/base';
import {
  FINDING_BYTES,
  type Finding,
  MAX_FINDINGS,
  PARITY_STATES,
  type ParityState,
  readFinding,
  writeFinding,
} from '@kura/contract';

export interface FoundDamage {
  readonly copyId: CopyId;
  /** The store's clock. */
  readonly foundMs: number;
  readonly leafCount: number;
  /** Of the copy's own table; undefined if it has none that holds. */
  readonly root: Uint8Array | undefined;
  readonly parity: ParityState;
  readonly wrongLeaves: number;
  /** The first `MAX_FINDINGS` of them. */
  readonly findings: readonly Finding[];
  /** Parts of the file that the medium gave errors for. */
  readonly mediumErrors: number;
  /** Parity can bring back every leaf: it is healed next. */
  readonly isRebuildable: boolean;
}

export interface NotedDamage extends FoundDamage {
  /** Counts from 1 what this store has ever found. */
  readonly number: number;
}

const MAGIC = Buffer.from('kurafind', 'latin1');
const VERSION = 1;
const HASH_BYTES = 32;
const HEAD_BYTES = MAGIC.length + 2 + 8 + 32 + 8 + 4 + HASH_BYTES + 1 + 4 + 4 + 1 + 2;
export const MAX_NOTE_BYTES = HEAD_BYTES + MAX_FINDINGS * FINDING_BYTES + HASH_BYTES;
const NO_ROOT = new Uint8Array(HASH_BYTES);

export function encodeNote(noted: NotedDamage): Uint8Array {
  const findings = noted.findings.slice(0, MAX_FINDINGS);
  const writer = new ByteWriter(MAX_NOTE_BYTES);
  writer.raw(MAGIC);
  writer.u16(VERSION);
  writer.u64(BigInt(noted.number));
  writer.raw(fromHex(noted.copyId));
  writer.u64(BigInt(noted.foundMs));
  writer.u32(noted.leafCount);
  writer.raw(noted.root ?? NO_ROOT);
  writer.u8(PARITY_STATES.indexOf(noted.parity));
  writer.u32(noted.wrongLeaves);
  writer.u32(noted.mediumErrors);
  writer.u8(noted.isRebuildable ? 1 : 0);
  writer.u16(findings.length);
  for (const finding of findings) writeFinding(writer, finding);
  writer.raw(ownHash(writer.bytes()));
  return writer.bytes().slice();
}

/** Throws `corrupt`. */
export function decodeNote(bytes: Uint8Array): NotedDamage {
  const reader = new ByteReader(bytes, 'note of a finding');
  if (!equalBytes(reader.raw(MAGIC.length), MAGIC)) reader.fail('it does not begin as one');
  if (reader.u16() !== VERSION) reader.fail('its version is unknown');
  const number = Number(reader.u64());
  const id = copyId(toHex(reader.raw(32)));
  const foundMs = Number(reader.u64());
  const leafCount = reader.u32();
  const root = reader.raw(HASH_BYTES).slice();
  const parity = PARITY_STATES[reader.u8()] ?? reader.fail('a choice in it is unknown');
  const counts = { wrongLeaves: reader.u32(), mediumErrors: reader.u32() };
  const isRebuildable = reader.u8() === 1;
  const count = reader.u16();
  if (count > MAX_FINDINGS) reader.fail(`it lists more than ${MAX_FINDINGS}`);
  const findings = Array.from({ length: count }, () => readFinding(reader));
  const own = ownHash(bytes.subarray(0, reader.position));
  if (!equalBytes(reader.raw(HASH_BYTES), own)) reader.fail('its own hash does not hold');
  reader.end();
  const times = [number, foundMs];
  if (!times.every(Number.isSafeInteger)) throw new KuraError('corrupt', 'a note is out of range');
  return {
    ...{ number, copyId: id, foundMs, leafCount, parity, ...counts, findings, isRebuildable },
    root: equalBytes(root, NO_ROOT) ? undefined : root,
  };
}

/** The same damage as an earlier note tells: nothing new, as after a crash between note and heal. */
export function isSameDamage(a: FoundDamage, b: FoundDamage): boolean {
  const plain = (found: FoundDamage): Uint8Array => encodeNote({ ...found, foundMs: 0, number: 0 });
  return equalBytes(plain(a), plain(b));
}

/** Finds decay of the note itself; proves nothing. */
function ownHash(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}
