// Makes snapshots anew without what a survey has found, each whole before the next is begun. The order of writes is
// docs/design/rewrite.md, "The order".
import {
  type ByteString,
  KuraError,
  must,
  type PackId,
  type SessionId,
  type SnapshotId,
  toHex,
} from '@kura/base';
import type { ContentEntry, Snapshot } from '@kura/format';
import type { LineFactory } from '../backup/line/line-factory.ts';
import type { Line } from '../backup/line/tasks.ts';
import { withLine } from '../backup/line/with-line.ts';
import { PackRecorder } from '../backup/pack-recorder.ts';
import { FolderPacker } from '../backup/plan/folder-packer.ts';
import type { OwnContext } from '../context.ts';
import { forget } from '../heads/forget.ts';
import { IndexWriter } from '../index/index-file.ts';
import { Lease } from '../lease.ts';
import { Usage } from '../prune/usage.ts';
import { openReading, type Reading } from '../read/reading.ts';
import { commitAnew, type SignedAnew, signAnew } from '../snapshots/anew.ts';
import type { StoredSnapshot } from '../snapshots/snapshot-store.ts';
import { withinSession } from '../within-session.ts';
import { TreeCutter } from './cut-tree.ts';
import type { RewriteSurvey, SnapshotSurvey } from './survey.ts';
import type { IsCut } from './survey-tree.ts';

export interface Rewritten {
  readonly from: SnapshotId;
  readonly to: SnapshotId;
}

export interface RewritePorts extends OwnContext {
  readonly lines: LineFactory;
  /** The new one stands, the old one still does: what was said of the old one's end is said of the new one's. */
  readonly carryTerm: (done: Rewritten) => Promise<void>;
  readonly onRewritten: (done: Rewritten) => void;
}

export interface RewriteOptions {
  /** The old ones, each as soon as the new one stands. */
  readonly forget: boolean;
}

/** Throws `data_lost` for a snapshot that would need what no pack has; those before it are done then. */
export async function rewrite(
  survey: RewriteSurvey,
  options: RewriteOptions,
  ports: RewritePorts,
): Promise<void> {
  const { coordinator, disk, home, keys, random } = ports;
  await withinSession(coordinator, 'backup', async (session) => {
    try {
      const folder = home.indexFolder;
      const index = new IndexWriter({ disk, folder, localKey: keys.localKey, random });
      try {
        const recorder = new PackRecorder({ coordinator, session, index });
        await rewriteInSession({ survey, options, ports, session, recorder });
      } finally {
        index.close();
      }
    } finally {
      await ports.lines.close();
    }
  });
}

interface OpenRewrite {
  readonly survey: RewriteSurvey;
  readonly options: RewriteOptions;
  readonly ports: RewritePorts;
  readonly session: SessionId;
  readonly recorder: PackRecorder;
}

async function rewriteInSession(open: OpenRewrite): Promise<void> {
  const { survey, ports, session, recorder } = open;
  const reading = await openReading(ports, { purpose: 'save' });
  try {
    const place = { lines: ports.lines, session, table: reading.table, recorder };
    await withLine(place, (line) => rewriteEach({ ...open, reading, line }, survey));
  } finally {
    reading.close();
  }
}

interface Writing extends OpenRewrite {
  readonly reading: Reading;
  readonly line: Line;
}

async function rewriteEach(writing: Writing, survey: RewriteSurvey): Promise<void> {
  const { ports, options, session, reading, line } = writing;
  const { coordinator, clock, native, keys, shape } = ports;
  const { isCut, surveyor } = survey;
  const lease = new Lease({ coordinator, session, clock });
  const folders = new FolderPacker({
    ...{ shape, bulk: native.bulk, chunkIdKeys: keys.chunkIdKeys, table: reading.table },
    send: (frame) => line.pack(frame),
    // Which packs the tree needs is read from it when it is stored.
    onUsed: () => undefined,
    mayUse: (number) => reading.catalogue.byNumber(number).row.state === 'standing',
  });
  const isKnownWhole = surveyor.isKnownWhole.bind(surveyor);
  const cutter = new TreeCutter({ trees: reading.trees, isCut, isKnownWhole, folders, shape });
  const done = new Map<SnapshotId, SnapshotId>();
  const twins = new Twins(await reading.snapshots.listReadable(() => undefined));
  for (const change of survey.changes) {
    const root = await cutter.cut(change.stored.snapshot.root);
    const anew = changesOf(change, { root, isCut, done });
    const from = change.stored.id;
    const to =
      twins.find(change.stored, root) ??
      (await writeAnew(change.stored, anew, { ...writing, folders }));
    await ports.carryTerm({ from, to });
    if (options.forget) await forget([from], ports);
    done.set(from, to);
    twins.add(change.stored, root, to);
    ports.onRewritten({ from, to });
    await lease.renewIfDue();
  }
}

interface Cutting {
  readonly root: ContentEntry;
  readonly isCut: IsCut;
  readonly done: ReadonlyMap<SnapshotId, SnapshotId>;
}

function changesOf(
  { stored: { snapshot }, files, bytes }: SnapshotSurvey,
  { root, isCut, done }: Cutting,
): Partial<Snapshot> {
  const { base, statistics, skipped } = snapshot;
  const { totalFilesProcessed, totalBytesProcessed } = statistics;
  return {
    root,
    base: base === undefined ? undefined : (done.get(base) ?? base),
    skipped: skipped.filter((path) => !isBelowCut(path, isCut)),
    statistics: {
      ...statistics,
      // A file that was skipped, or that changed while it was read, was counted otherwise.
      totalFilesProcessed: Math.max(0, totalFilesProcessed - files),
      totalBytesProcessed: Math.max(0, totalBytesProcessed - bytes),
    },
  };
}

/** Whether it, or a folder on the way to it, goes. */
function isBelowCut(path: ByteString, isCut: IsCut): boolean {
  for (let end = path.indexOf('/', 1); end !== -1; end = path.indexOf('/', end + 1)) {
    if (isCut(path.slice(0, end) as ByteString, true)) return true;
  }
  return isCut(path, false);
}

/** What a run that was killed has made already, or one that forgot nothing; and what this one makes. */
class Twins {
  readonly #standing = new Map<string, SnapshotId[]>();

  constructor(standing: readonly StoredSnapshot[]) {
    for (const stored of standing) this.add(stored, stored.snapshot.root, stored.id);
  }

  /** Of this snapshot, with this tree: another one that stands. */
  find(stored: StoredSnapshot, root: ContentEntry): SnapshotId | undefined {
    return this.#standing.get(nameOf(stored, root))?.find((id) => id !== stored.id);
  }

  add(stored: StoredSnapshot, root: ContentEntry, id: SnapshotId): void {
    const name = nameOf(stored, root);
    this.#standing.set(name, [...(this.#standing.get(name) ?? []), id]);
  }
}

function nameOf({ id, snapshot }: StoredSnapshot, root: ContentEntry): string {
  return [snapshot.original ?? id, toHex(root.id), ...snapshot.tags].join('\0');
}

/** The pages are on their way; the record follows them, last in its pack. */
async function writeAnew(
  stored: StoredSnapshot,
  changes: Partial<Snapshot>,
  { ports, session, recorder, reading, line, folders }: Writing & { folders: FolderPacker },
): Promise<SnapshotId> {
  const signed = await signAnew(stored, changes, { ...ports, snapshots: reading.snapshots });
  folders.add('snapshot', signed.record);
  await folders.flush();
  const packId = must(await line.finishFolders(), 'the pack of the record');
  await recorder.settled();
  const used = await packsOf(signed, ports);
  return await commitAnew({ session, signed, packId, used }, ports);
}

/** Read back from where it lies now: nothing is acknowledged that could not be restored. */
async function packsOf({ snapshot }: SignedAnew, ports: OwnContext): Promise<readonly PackId[]> {
  const reading = await openReading(ports, { purpose: 'read' });
  try {
    const usage = new Usage(reading);
    await usage.addSnapshot(snapshot);
    if (usage.missingChunks === 0) return usage.packIds();
    throw new KuraError(
      'data_lost',
      `what stays needs ${usage.missingChunks} chunks that no pack has`,
      {
        guidance: 'See kura check; what is hurt can be left out by a pattern as well.',
      },
    );
  } finally {
    reading.close();
  }
}
