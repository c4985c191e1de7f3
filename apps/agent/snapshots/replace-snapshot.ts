// Gives a snapshot other tags, or what opens its lock: a new record of the same tree takes its place, and only then is
// the old one forgotten. A kill in between leaves both.
import type { PackId, SessionId, SnapshotId } from '@kura/base';
import { encodeSnapshot, type Snapshot } from '@kura/format';
import type { LineFactory } from '../backup/line/line-factory.ts';
import { PackRecorder } from '../backup/pack-recorder.ts';
import { packSetRootOf } from '../backup/pack-set.ts';
import type { OwnContext } from '../context.ts';
import { forget } from '../heads/forget.ts';
import { remember } from '../heads/look-back.ts';
import { tipsOf } from '../heads/tips.ts';
import { IndexWriter } from '../index/index-file.ts';
import { Usage } from '../prune/usage.ts';
import type { Reading } from '../read/reading.ts';
import { saveRecord } from './save-record.ts';
import type { StoredSnapshot } from './snapshot-store.ts';

const LEAF_SALT_BYTES = 32;

/** All else stays as it was. */
export type SnapshotChanges = Pick<Snapshot, 'tags'> | Pick<Snapshot, 'lock'>;

export interface ReplacePorts extends OwnContext {
  readonly lines: LineFactory;
  readonly reading: Reading;
}

/** Resolves with the id of the new record. Throws what `commitSnapshot` throws if packs of the tree are gone. */
export async function replaceSnapshot(
  stored: StoredSnapshot,
  changes: SnapshotChanges,
  ports: ReplacePorts,
): Promise<SnapshotId> {
  const { coordinator } = ports;
  const session = await coordinator.beginSession('backup');
  try {
    const id = await commitAnew(stored, changes, { ports, session });
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

interface OpenReplacement {
  readonly ports: ReplacePorts;
  readonly session: SessionId;
}

async function commitAnew(
  stored: StoredSnapshot,
  changes: SnapshotChanges,
  open: OpenReplacement,
): Promise<SnapshotId> {
  const { coordinator, reading, device, random, network, history } = open.ports;
  const usage = new Usage(reading);
  await usage.addSnapshot(stored.snapshot);
  const all = await reading.snapshots.listReadable(() => undefined);
  const snapshot: Snapshot = {
    ...stored.snapshot,
    ...changes,
    original: stored.snapshot.original ?? stored.id,
    ...tipsOf(history.read(), all, device.deviceId),
    device: device.deviceId,
    network: { copies: network.copies, home: network.home },
  };
  const { record, snapshotId } = encodeSnapshot({ snapshot, device, random });
  const packId = await saveAlone(record, open);
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

/** Its index belongs to this session as the pack does. */
async function saveAlone(record: Uint8Array, { ports, session }: OpenReplacement): Promise<PackId> {
  const { coordinator, reading, random, disk, home, keys, lines } = ports;
  const folder = home.indexFolder;
  const index = new IndexWriter({ disk, folder, localKey: keys.localKey, random });
  const recorder = new PackRecorder({ coordinator, session, index });
  try {
    return await saveRecord(record, {
      ...{ context: ports, lines, session, recorder },
      table: reading.table,
    });
  } finally {
    index.close();
  }
}
