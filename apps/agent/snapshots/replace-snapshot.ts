// Gives a snapshot other tags, or what opens its lock: a new record of the same tree takes its place, and only then is
// the old one forgotten. A kill in between leaves both.
import type { PackId, SessionId, SnapshotId } from '@kura/base';
import type { Snapshot } from '@kura/format';
import type { LineFactory } from '../backup/line/line-factory.ts';
import { PackRecorder } from '../backup/pack-recorder.ts';
import type { OwnContext } from '../context.ts';
import { forget } from '../heads/forget.ts';
import { IndexWriter } from '../index/index-file.ts';
import { Usage } from '../prune/usage.ts';
import type { Reading } from '../read/reading.ts';
import { withinSession } from '../within-session.ts';
import { commitAnew, signAnew } from './anew.ts';
import { saveRecord } from './save-record.ts';
import type { StoredSnapshot } from './snapshot-store.ts';

/** All else stays as it was. */
export type SnapshotChanges = Pick<Snapshot, 'tags'> | Pick<Snapshot, 'lock'>;

export interface ReplacePorts extends OwnContext {
  readonly lines: LineFactory;
  readonly reading: Reading;
  /** Of a term that the owner has set for the old one; default: there is none, or it goes with it. */
  readonly carryTerm?: (done: {
    readonly from: SnapshotId;
    readonly to: SnapshotId;
  }) => Promise<void>;
}

/** Resolves with the id of the new record. Throws what `commitSnapshot` throws if packs of the tree are gone. */
export async function replaceSnapshot(
  stored: StoredSnapshot,
  changes: SnapshotChanges,
  ports: ReplacePorts,
): Promise<SnapshotId> {
  return await withinSession(ports.coordinator, 'backup', async (session) => {
    try {
      const id = await replaceIn(session, { stored, changes }, ports);
      await ports.carryTerm?.({ from: stored.id, to: id });
      await forget([stored.id], ports);
      return id;
    } finally {
      await ports.lines.close();
    }
  });
}

async function replaceIn(
  session: SessionId,
  { stored, changes }: { readonly stored: StoredSnapshot; readonly changes: SnapshotChanges },
  ports: ReplacePorts,
): Promise<SnapshotId> {
  const { reading } = ports;
  const usage = new Usage(reading);
  await usage.addSnapshot(stored.snapshot);
  const signed = await signAnew(stored, changes, { ...ports, snapshots: reading.snapshots });
  const packId = await saveAlone(signed.record, session, ports);
  return await commitAnew({ session, signed, packId, used: usage.packIds() }, ports);
}

/** Its index belongs to this session as the pack does. */
async function saveAlone(
  record: Uint8Array,
  session: SessionId,
  ports: ReplacePorts,
): Promise<PackId> {
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
