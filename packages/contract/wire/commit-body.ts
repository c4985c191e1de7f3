// What a device hands in to commit a snapshot, as it travels: the head, which is small, and the packs that it
// needs, which may be a million (docs/design/protocol.md).
import { ByteReader, ByteWriter, fromHex, KuraError, type PackId, PackIds } from '@kura/base';
import type { SnapshotHead } from '../coordinator-port.ts';
import { MAX_COMMIT_BYTES, MAX_SNAPSHOT_PACKS } from './endpoints/custody.ts';
import { optional, record, timeMs, whole } from './shape.ts';
import { hash, packIdShape, publicKey, snapshotIdShape } from './shapes.ts';

const PACK_ID_BYTES = 32;
const MAX_HEAD_BYTES = 8 * 1024;

const head = record({
  snapshotId: snapshotIdShape,
  packId: packIdShape,
  predecessor: optional(snapshotIdShape),
  deviceKey: publicKey,
  timeMs,
  packSetRoot: hash,
  packCount: whole({ min: 1, max: MAX_SNAPSHOT_PACKS }),
  leafSalt: hash,
});

export interface CommitBody {
  readonly head: SnapshotHead;
  readonly uses: PackIds;
}

/** Throws `too_large` for more packs than a snapshot may have. */
export function encodeCommit(commit: {
  readonly head: SnapshotHead;
  /** Each once, in any order. */
  readonly uses: readonly PackId[];
}): Uint8Array {
  const json = Buffer.from(JSON.stringify(head.write(commit.head)));
  const uses = commit.uses.toSorted();
  const sizeBytes = 4 + json.length + uses.length * PACK_ID_BYTES;
  const writer = new ByteWriter(MAX_COMMIT_BYTES, sizeBytes);
  writer.u32(json.length);
  writer.raw(json);
  for (const use of uses) writer.raw(fromHex(use));
  return writer.bytes();
}

/** Throws `hostile` unless every byte is where it should be, and each pack is named once, in order. */
export function decodeCommit(bytes: Uint8Array): CommitBody {
  try {
    return read(new ByteReader(bytes, 'commit'));
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    throw new KuraError('hostile', `what is to be committed is malformed: ${error.message}`);
  }
}

function read(reader: ByteReader): CommitBody {
  const length = reader.u32();
  if (length > MAX_HEAD_BYTES) reader.fail('its head is too long');
  const json = Buffer.from(reader.raw(length)).toString('utf8');
  const fields = head.read(parse(json, reader), '');
  const uses = PackIds.read(reader.raw(reader.remaining));
  if (uses === undefined) return reader.fail('its packs are not in order');
  if (uses.length !== fields.packCount) reader.fail('it names another number of packs');
  return { head: fields, uses };
}

function parse(json: string, reader: ByteReader): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return reader.fail('its head is no JSON');
  }
}
