// What a device knows of its member's history, and how that is kept as bytes (docs/design/heads.md, "The memory").
// It holds ids and places in the log, no name of a file.
import {
  ByteReader,
  ByteWriter,
  type DeviceId,
  deviceId,
  fromHex,
  KuraError,
  type SnapshotId,
  snapshotId,
  toHex,
  utf8,
} from '@kura/base';

/** A head whose signed record was read, or made. */
export interface KnownHead {
  readonly snapshotId: SnapshotId;
  readonly deviceId: DeviceId;
  /** Its place in the log, as the coordinator said; `UNKNOWN_LEAF` of one that was known in another log. */
  readonly leafIndex: number;
  /** By the clock of the device that made it. */
  readonly timeMs: number;
}

/** After every place that a log has. */
export const UNKNOWN_LEAF = Number.MAX_SAFE_INTEGER;

export interface KnownHistory {
  /** Origin of the log that places are of; empty if nothing is known. */
  readonly log: string;
  readonly standing: ReadonlyMap<SnapshotId, KnownHead>;
  /** By an order of the owner that was verified. */
  readonly forgotten: ReadonlySet<SnapshotId>;
  /** Absent, and a person said to go on without, then. */
  readonly accepted: ReadonlyMap<SnapshotId, number>;
  /** How far the coordinator's list of orders was read. */
  readonly ordersRead: number;
  /** Signed heads of the log that were seen, each a note: the newest of each place that remembers. */
  readonly checkpoints: readonly string[];
}

export const NOTHING_KNOWN: KnownHistory = {
  log: '',
  standing: new Map(),
  forgotten: new Set(),
  accepted: new Map(),
  ordersRead: 0,
  checkpoints: [],
};

const VERSION = 1;
const ID_BYTES = 32;
const DEVICE_BYTES = 16;
const HEAD_BYTES = ID_BYTES + DEVICE_BYTES + 8 + 8;
const ACCEPTED_BYTES = ID_BYTES + 8;
/** Of each kind the newest are kept; what is older hangs on the chains. All together stays below a card's bound. */
const MAX_STANDING = 50_000;
const MAX_FORGOTTEN = 100_000;
const MAX_ACCEPTED = 10_000;
const MAX_CHECKPOINT_BYTES = 16 * 1024;
/** One of each device whose card was carried here, and the last of this one. */
const MAX_CHECKPOINTS = 8;
const MAX_ORIGIN_BYTES = 256;
export const MAX_HISTORY_BYTES =
  MAX_STANDING * HEAD_BYTES +
  MAX_FORGOTTEN * ID_BYTES +
  MAX_ACCEPTED * ACCEPTED_BYTES +
  MAX_CHECKPOINTS * MAX_CHECKPOINT_BYTES +
  MAX_ORIGIN_BYTES +
  64;

export function encodeHistory(history: KnownHistory): Uint8Array {
  const writer = new ByteWriter(MAX_HISTORY_BYTES);
  writer.u8(VERSION);
  writer.block(utf8(history.log));
  writer.u64(BigInt(history.ordersRead));
  const standing = [...history.standing.values()].sort((a, b) => a.leafIndex - b.leafIndex);
  writer.u32(Math.min(standing.length, MAX_STANDING));
  for (const head of standing.slice(-MAX_STANDING)) {
    writer.raw(fromHex(head.snapshotId));
    writer.raw(fromHex(head.deviceId));
    writer.u64(BigInt(head.leafIndex));
    writer.u64(BigInt(head.timeMs));
  }
  const forgotten = [...history.forgotten].slice(-MAX_FORGOTTEN);
  writer.u32(forgotten.length);
  for (const id of forgotten) writer.raw(fromHex(id));
  const accepted = [...history.accepted].slice(-MAX_ACCEPTED);
  writer.u32(accepted.length);
  for (const [id, whenMs] of accepted) {
    writer.raw(fromHex(id));
    writer.u64(BigInt(whenMs));
  }
  const checkpoints = history.checkpoints.slice(-MAX_CHECKPOINTS);
  writer.u8(checkpoints.length);
  for (const note of checkpoints) writer.block(utf8(note));
  return writer.bytes();
}

/** Throws `corrupt`, or `unsupported` for a newer version. */
export function decodeHistory(bytes: Uint8Array): KnownHistory {
  const reader = new ByteReader(bytes, 'memory of heads');
  const version = reader.u8();
  if (version !== VERSION) {
    throw new KuraError('unsupported', 'the memory of heads was written by a newer Kura', {
      guidance: 'Use the version of Kura that wrote it, or a newer one.',
    });
  }
  const log = readText(reader, MAX_ORIGIN_BYTES);
  const ordersRead = readWhole(reader);
  const heads = readMany(reader, HEAD_BYTES, () => ({
    snapshotId: readId(reader),
    deviceId: deviceId(toHex(reader.raw(DEVICE_BYTES))),
    leafIndex: readWhole(reader),
    timeMs: readWhole(reader),
  }));
  const forgotten = readMany(reader, ID_BYTES, () => readId(reader));
  const accepted = readMany(
    reader,
    ACCEPTED_BYTES,
    () => [readId(reader), readWhole(reader)] as const,
  );
  const checkpoints = Array.from({ length: reader.u8() }, () =>
    readText(reader, MAX_CHECKPOINT_BYTES),
  );
  reader.end();
  return {
    log,
    standing: new Map(heads.map((head) => [head.snapshotId, head])),
    forgotten: new Set(forgotten),
    accepted: new Map(accepted),
    ordersRead,
    checkpoints,
  };
}

function readMany<T>(reader: ByteReader, bytesEach: number, readOne: () => T): T[] {
  const count = reader.u32();
  if (count * bytesEach > reader.remaining) reader.fail('it claims more than it has bytes');
  return Array.from({ length: count }, readOne);
}

function readText(reader: ByteReader, maxBytes: number): string {
  return Buffer.from(reader.block(maxBytes)).toString('utf8');
}

function readId(reader: ByteReader): SnapshotId {
  return snapshotId(toHex(reader.raw(ID_BYTES)));
}

function readWhole(reader: ByteReader): number {
  const value = Number(reader.u64());
  return Number.isSafeInteger(value) ? value : reader.fail('a number is out of range');
}

/** What is known, as of this log: places in another one, and its lists and heads, say nothing here. */
export function inLog(history: KnownHistory, log: string): KnownHistory {
  if (history.log === log) return history;
  const heads = [...history.standing.values()].map((head) => ({
    ...head,
    leafIndex: UNKNOWN_LEAF,
  }));
  const standing = new Map(heads.map((head) => [head.snapshotId, head]));
  return { ...history, log, standing, ordersRead: 0, checkpoints: [] };
}

/** What two memories of one log know together: forgotten and accepted heads stand in neither. */
export function mergeHistories(one: KnownHistory, other: KnownHistory): KnownHistory {
  const forgotten = new Set([...one.forgotten, ...other.forgotten]);
  const accepted = new Map([...one.accepted, ...other.accepted]);
  const standing = new Map([...one.standing, ...other.standing]);
  for (const id of [...forgotten, ...accepted.keys()]) standing.delete(id);
  return {
    ...{ log: one.log, standing, forgotten, accepted },
    // Each has read its own part only: what both have read is known to both.
    ordersRead: Math.min(one.ordersRead, other.ordersRead),
    checkpoints: [...new Set([...one.checkpoints, ...other.checkpoints])],
  };
}
