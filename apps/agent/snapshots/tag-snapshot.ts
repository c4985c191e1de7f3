// Gives a snapshot other tags: a new record of the same tree takes its place, and only then is the old one
// forgotten. A kill in between leaves both.
import { must, type PackId, type SessionId, type SnapshotId } from '@kura/base';
import { chunkIdOf, encodeSnapshot, type Snapshot } from '@kura/format';
import type { LineFactory } from '../backup/line/line-factory.ts';
import { PackRecorder } from '../backup/pack-recorder.ts';
import { packSetRootOf } from '../backup/pack-set.ts';
import type { AgentContext } from '../context.ts';
import { forget } from '../heads/forget.ts';
import { remember } from '../heads/look-back.ts';
import { tipsOf } from '../heads/tips.ts';
import { IndexWriter } from '../index/index-file.ts';
import { Usage } from '../prune/usage.ts';
import type { Reading } from '../read/reading.ts';
import type { StoredSnapshot } from './snapshot-store.ts';

const LEAF_SALT_BYTES = 32;

export interface TagPorts extends AgentContext {
  readonly lines: LineFactory;
  readonly reading: Reading;
}

/** Resolves with the id of the new record. Throws what `commitSnapshot` throws if packs of the tree are gone. */
export async function tagSnapshot(
  stored: StoredSnapshot,
  tags: readonly string[],
  ports: TagPorts,
): Promise<SnapshotId> {
  const { coordinator } = ports;
  const session = await coordinator.beginSession('backup');
  try {
    const id = await commitTagged(stored, tags, { ports, session });
    await forget([stored.id], ports);
    return id;
  } finally {
    try {
      await ports.lines.close();
    } finally {
      await coordinator.endSession(session);
    }
  }
}

interface OpenTagging {
  readonly ports: TagPorts;
  readonly session: SessionId;
}

async function commitTagged(
  stored: StoredSnapshot,
  tags: readonly string[],
  open: OpenTagging,
): Promise<SnapshotId> {
  const { coordinator, reading, device, random, network, history } = open.ports;
  const usage = new Usage(reading);
  await usage.addSnapshot(stored.snapshot);
  const all = await reading.snapshots.listReadable(() => undefined);
  const snapshot: Snapshot = {
    ...stored.snapshot,
    tags,
    original: stored.snapshot.original ?? stored.id,
    ...tipsOf(history.read(), all, device.deviceId),
    device: device.deviceId,
    network: { copies: network.copies, home: network.home },
  };
  const { record, snapshotId } = encodeSnapshot({ snapshot, device, random });
  const packId = await saveRecord(record, open);
  const used = [...usage.packs].map((number) => reading.catalogue.byNumber(number).row.packId);
  const packs = [...new Set([...used, packId])];
  const head = {
    snapshotId,
    packId,
    predecessor: snapshot.predecessor,
    deviceKey: device.publicKey,
    timeMs: snapshot.timeMs,
    packSetRoot: packSetRootOf(packs),
    packCount: packs.length,
    leafSalt: random.bytes(LEAF_SALT_BYTES),
  };
  const { leafIndex, checkpoint } = await coordinator.commitSnapshot(open.session, head, packs);
  const { deviceId } = device;
  const { timeMs } = head;
  await remember({ snapshotId, deviceId, leafIndex, timeMs, checkpoint }, history);
  return snapshotId;
}

/** In a pack of its own, durable and recorded. */
async function saveRecord(record: Uint8Array, { ports, session }: OpenTagging): Promise<PackId> {
  const { coordinator, reading, random, disk, home, keys, native } = ports;
  const folder = home.indexFolder;
  const index = new IndexWriter({ disk, folder, localKey: keys.localKey, random });
  const recorder = new PackRecorder({ coordinator, session, index });
  try {
    const lines = await ports.lines.open({
      session,
      table: reading.table,
      markedPacks: [],
      rescue: async () => false,
      onFinished: (pack) => recorder.add(pack),
    });
    try {
      const line = must(lines[0], 'a line of work');
      const id = chunkIdOf(native.bulk, keys.chunkIdKeys, 'snapshot', record);
      const chunks = [{ id, length: record.length }];
      await line.pack({ kind: 'snapshot', plain: record, chunks });
      const packId = must(await line.finishFolders(), 'the pack of the record');
      await recorder.settled();
      return packId;
    } catch (error) {
      for (const line of lines) await line.abort();
      throw error;
    }
  } finally {
    index.close();
  }
}
