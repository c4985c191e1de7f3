// The JSON inside a snapshot record, both ways: names, bounds and checks of every field. Unknown
// fields are ignored, so that a newer Kura may add some; an unknown version is refused.
import {
  type ByteString,
  type ChunkId,
  deviceId,
  fromHex,
  KuraError,
  MAX_COPIES,
  MAX_PATH_BYTES,
  PackIds,
  type SnapshotId,
  snapshotId,
  toHex,
  utf8,
} from '@kura/base';
import { FIRST_LOCK_EPOCH } from '@kura/member-seal';
import { MAX_FRAME_BYTES } from './directory.ts';
import { CHUNK_ID_BYTES } from './ids.ts';
import {
  BACKUP_KINDS,
  type ContentEntry,
  type NetworkNote,
  type Snapshot,
  type SnapshotLock,
  type SnapshotStatistics,
} from './types.ts';

const VERSION = 1;
/** The largest time that a Date can have. */
const MAX_TIME_MS = 8_640_000_000_000_000;
/**
 * A host name has at most 253 characters, a user name 32 on Linux; other systems are more generous.
 */
const MAX_NAME_CHARACTERS = 255;
const MAX_TAGS = 256;
const MAX_PATHS = 65_536;
const MAX_SKIPPED = 1000;
const NONCE_HEX = 32;
/** A member has few devices; of more than these the newest are named. */
export const MAX_HEADS = 64;
/** 256 GiB in packs of 16 MiB: what fits into a record beside paths and stamps. */
export const MAX_LOCKED_PACKS = 16_384;
/** A receipt, a few stamps with their certificates, and what the network keeps. */
export const MAX_LOCK_SEAL_CHARACTERS = 192 * 1024;

type Fields<Name extends string> = { readonly [K in Name]?: unknown };

export function bodyOf(snapshot: Snapshot, nonce: string): Uint8Array {
  const { root, base, predecessor, heads = [], original, paths, skipped, network } = snapshot;
  const body = {
    version: snapshot.version,
    timeMs: snapshot.timeMs,
    hostname: snapshot.hostname,
    username: snapshot.username,
    paths: paths.map(base64Of),
    tags: snapshot.tags,
    kind: snapshot.kind,
    base: base ?? null,
    predecessor: predecessor ?? null,
    ...(heads.length === 0 ? {} : { heads }),
    original: original ?? null,
    device: snapshot.device,
    root: { id: toHex(root.id), length: root.length },
    statistics: snapshot.statistics,
    skipped: skipped.map(base64Of),
    ...(network === undefined ? {} : { network: fieldsOf(network) }),
    ...(snapshot.lock === undefined ? {} : { lock: lockFieldsOf(snapshot.lock) }),
    nonce,
  };
  return utf8(JSON.stringify(body));
}

/** Throws `corrupt`, or `unsupported` for a version from the future. */
export function parseBody(body: Uint8Array): Snapshot {
  const fields = record<keyof Snapshot | 'nonce'>(parseJson(body), 'the body');
  checkVersion(fields.version);
  if (!/^[0-9a-f]+$/.test(text(fields.nonce, 'nonce', NONCE_HEX))) fail('nonce');
  return {
    version: VERSION,
    timeMs: whole(fields.timeMs, 'timeMs', MAX_TIME_MS),
    hostname: text(fields.hostname, 'hostname', MAX_NAME_CHARACTERS),
    username: text(fields.username, 'username', MAX_NAME_CHARACTERS),
    paths: list(fields.paths, 'paths', MAX_PATHS).map((item) => byteName(item, 'paths')),
    tags: list(fields.tags, 'tags', MAX_TAGS).map((item) =>
      text(item, 'tags', MAX_NAME_CHARACTERS),
    ),
    kind: BACKUP_KINDS.find((kind) => kind === fields.kind) ?? fail('kind'),
    base: optionalId(fields.base, 'base'),
    predecessor: optionalId(fields.predecessor, 'predecessor'),
    ...(fields.heads === undefined ? {} : { heads: headsOf(fields.heads) }),
    original: optionalId(fields.original, 'original'),
    device: deviceId(hex(fields.device, 'device', 16)),
    root: contentEntry(fields.root),
    statistics: statistics(fields.statistics),
    skipped: list(fields.skipped, 'skipped', MAX_SKIPPED).map((item) => byteName(item, 'skipped')),
    ...(fields.network === undefined ? {} : { network: networkNote(fields.network) }),
    ...(fields.lock === undefined ? {} : { lock: snapshotLock(fields.lock) }),
  };
}

/** Nothing but what the format has, whatever else the caller's object holds. */
function fieldsOf({ copies, home: { name, lat, lon, powerArea } }: NetworkNote): NetworkNote {
  return { copies, home: { name, lat, lon, powerArea } };
}

function lockFieldsOf({ epoch, packs, seal }: SnapshotLock): Fields<keyof SnapshotLock> {
  const encoded = Buffer.from(packs.bytes).toString('base64');
  return { epoch, packs: encoded, ...(seal === undefined ? {} : { seal }) };
}

function snapshotLock(value: unknown): SnapshotLock {
  const fields = record<keyof SnapshotLock>(value, 'lock');
  const epoch = whole(fields.epoch, 'lock', 2 ** 32 - 1);
  if (epoch < FIRST_LOCK_EPOCH) fail('lock');
  const encoded = text(fields.packs, 'lock', Math.ceil((MAX_LOCKED_PACKS * 32) / 3) * 4);
  const bytes = Buffer.from(encoded, 'base64');
  const packs = PackIds.read(new Uint8Array(bytes));
  if (packs === undefined || packs.length === 0) fail('lock');
  if (bytes.toString('base64') !== encoded) fail('lock');
  const seal =
    fields.seal === undefined ? undefined : text(fields.seal, 'lock', MAX_LOCK_SEAL_CHARACTERS);
  return { epoch, packs, seal };
}

function networkNote(value: unknown): NetworkNote {
  const fields = record<keyof NetworkNote>(value, 'network');
  const home = record<keyof NetworkNote['home']>(fields.home, 'network');
  const copies = whole(fields.copies, 'network', MAX_COPIES);
  if (copies === 0) fail('network');
  return {
    copies,
    home: {
      name: text(home.name, 'network', MAX_NAME_CHARACTERS),
      lat: degrees(home.lat, 90),
      lon: degrees(home.lon, 180),
      powerArea: text(home.powerArea, 'network', MAX_NAME_CHARACTERS),
    },
  };
}

function degrees(value: unknown, limit: number): number {
  if (typeof value !== 'number' || Math.abs(value) > limit) fail('network');
  return value;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new KuraError('corrupt', 'the snapshot is damaged: it is not JSON', { cause });
  }
}

function checkVersion(version: unknown): void {
  if (version === VERSION) return;
  if (typeof version !== 'number' || version < VERSION) fail('version');
  throw new KuraError(
    'unsupported',
    `the snapshot is of version ${version}, newer than this Kura`,
    {
      guidance: 'Read it with the version of Kura that wrote it, or a newer one.',
    },
  );
}

function record<Name extends string>(value: unknown, name: string): Fields<Name> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(name);
  return value as Fields<Name>;
}

function text(value: unknown, name: string, maxCharacters: number): string {
  if (typeof value !== 'string' || value.length > maxCharacters) fail(name);
  return value;
}

function whole(value: unknown, name: string, max: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) {
    fail(name);
  }
  return value;
}

function list(value: unknown, name: string, maxItems: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > maxItems) fail(name);
  return value;
}

function hex(value: unknown, name: string, bytes: number): string {
  const digits = text(value, name, bytes * 2);
  if (digits.length !== bytes * 2 || !/^[0-9a-f]+$/.test(digits)) fail(name);
  return digits;
}

function headsOf(value: unknown): readonly SnapshotId[] {
  return list(value, 'heads', MAX_HEADS).map((item) => snapshotId(hex(item, 'heads', 32)));
}

function optionalId(value: unknown, name: string): SnapshotId | undefined {
  return value === null || value === undefined ? undefined : snapshotId(hex(value, name, 32));
}

function base64Of(name: ByteString): string {
  return Buffer.from(name, 'latin1').toString('base64');
}

/** Base64 of bytes without NUL, in the one form that there is. */
function byteName(value: unknown, name: string): ByteString {
  const encoded = text(value, name, Math.ceil(MAX_PATH_BYTES / 3) * 4);
  const decoded = Buffer.from(encoded, 'base64').toString('latin1') as ByteString;
  const isCanonical = decoded.length > 0 && base64Of(decoded) === encoded;
  if (!isCanonical || decoded.includes('\0')) fail(name);
  return decoded;
}

function contentEntry(value: unknown): ContentEntry {
  const fields = record<'id' | 'length'>(value, 'root');
  const id = fromHex(hex(fields.id, 'root', CHUNK_ID_BYTES)) as ChunkId;
  const length = whole(fields.length, 'root', MAX_FRAME_BYTES);
  if (length === 0) fail('root');
  return { id, length };
}

function statistics(value: unknown): SnapshotStatistics {
  const fields = record<keyof SnapshotStatistics>(value, 'statistics');
  const count = (name: keyof SnapshotStatistics): number =>
    whole(fields[name], `statistics.${name}`, Number.MAX_SAFE_INTEGER);
  return {
    filesNew: count('filesNew'),
    filesChanged: count('filesChanged'),
    filesUnmodified: count('filesUnmodified'),
    dirsNew: count('dirsNew'),
    dirsChanged: count('dirsChanged'),
    dirsUnmodified: count('dirsUnmodified'),
    dataAdded: count('dataAdded'),
    dataAddedPacked: count('dataAddedPacked'),
    totalFilesProcessed: count('totalFilesProcessed'),
    totalBytesProcessed: count('totalBytesProcessed'),
    durationMs: count('durationMs'),
  };
}

function fail(name: string): never {
  throw new KuraError('corrupt', `the snapshot is damaged: ${name} is missing or impossible`);
}
