// Gives a snapshot other tags: a new record of the same tree takes its place, and only then is the old one
// forgotten. A kill in between leaves both.
import { KuraError, type SessionId, type SnapshotId } from '@kura/base';
import { chunkIdOf, encodeSnapshot } from '@kura/format';
import type { LineFactory } from '../backup/line/line-factory.ts';
import { PackRecorder } from '../backup/pack-recorder.ts';
import { packSetRootOf } from '../backup/pack-set.ts';
import type { AgentContext } from '../context.ts';
import { IndexWriter } from '../index/index-file.ts';
import { Usage } from '../prune/usage.ts';
import type { Reading } from '../read/reading.ts';
import type { StoredSnapshot } from './snapshot-store.ts';

export interface TagPorts extends AgentContext {
  readonly lines: LineFactory;
  readonly reading: Reading;
}

export async function tagSnapshot(
  stored: StoredSnapshot,
  tags: readonly string[],
  ports: TagPorts,
): Promise<SnapshotId> {
  const { coordinator, random, disk, home, keys } = ports;
  const session = await coordinator.beginSession('backup');
  try {
    const folder = home.indexFolder;
    const index = new IndexWriter({ disk, folder, localKey: keys.localKey, random });
    try {
      const recorder = new PackRecorder({ coordinator, session, index });
      return await saveTagged(stored, tags, { ports, session, recorder });
    } finally {
      index.close();
    }
  } finally {
    try {
      await ports.lines.close();
    } finally {
      await coordinator.endSession(session);
    }
  }
}

interface TagSession {
  readonly ports: TagPorts;
  readonly session: SessionId;
  readonly recorder: PackRecorder;
}

async function saveTagged(
  stored: StoredSnapshot,
  tags: readonly string[],
  { ports, session, recorder }: TagSession,
): Promise<SnapshotId> {
  const { coordinator, reading, device, random, keys, native } = ports;
  const usage = new Usage(reading);
  await usage.addSnapshot(stored.snapshot);
  const [line] = await ports.lines.open({
    table: reading.table,
    markedPacks: [],
    rescue: async () => false,
    onFinished: (pack) => recorder.add(pack),
  });
  const all = await reading.snapshots.list();
  const predecessor = all.at(-1)?.id;
  const original = stored.snapshot.original ?? stored.id;
  const { deviceId } = device;
  const snapshot = { ...stored.snapshot, tags, original, predecessor, device: deviceId };
  const { record, snapshotId } = encodeSnapshot({ snapshot, device, random });
  const id = chunkIdOf(native.bulk, keys.chunkIdKeys, 'snapshot', record);
  const chunks = [{ id, length: record.length }];
  await line?.pack({ kind: 'snapshot', plain: record, chunks });
  const packId = await line?.finishFolders();
  await recorder.settled();
  if (packId === undefined) throw new KuraError('io', 'the pack of the snapshot was not written');
  const used = [...usage.packs].map((number) => reading.catalogue.byNumber(number).row.packId);
  const packs = [...new Set([...used, packId])];
  const { timeMs } = snapshot;
  const set = { packSetRoot: packSetRootOf(packs), packCount: packs.length };
  const leafSalt = random.bytes(32);
  const deviceKey = device.publicKey;
  const head = { snapshotId, packId, predecessor, deviceKey, timeMs, ...set, leafSalt };
  await coordinator.commitSnapshot(session, head, packs);
  await coordinator.forgetSnapshots([stored.id]);
  return snapshotId;
}
