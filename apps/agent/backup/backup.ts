// Makes a snapshot: open a session, choose what to compare with, collect, commit. The order of writes is
// docs/design/ordering.md, "Save".
import { KuraError, type PackId, type SessionId, type SnapshotId } from '@kura/base';
import type { CustodyReceipt, SessionOutcome } from '@kura/contract';
import type { BackupKind, SnapshotStatistics } from '@kura/format';
import { learn, lookBack, remember } from '../heads/look-back.ts';
import { tipsOf } from '../heads/tips.ts';
import { IndexWriter } from '../index/index-file.ts';
import { noteSubject, subjectOf } from '../journal/subject.ts';
import { openReading, type Reading } from '../read/reading.ts';
import type { StoredSnapshot } from '../snapshots/snapshot-store.ts';
import { type Committed, commit } from './commit.ts';
import { statisticsOf } from './counts.ts';
import { type ChosenKind, chooseKind } from './kind.ts';
import type { BackupOptions, BackupProblem } from './options.ts';
import { PackRecorder } from './pack-recorder.ts';
import type { BackupPorts } from './ports.ts';
import { BackupRun } from './run.ts';

export interface BackupSummary {
  /** Undefined after a dry run. */
  readonly snapshotId: SnapshotId | undefined;
  readonly receipt: CustodyReceipt | undefined;
  /** The network commits it when all packs have their copies: nothing is safe before. */
  readonly isTakenOver: boolean;
  readonly kind: BackupKind;
  readonly statistics: SnapshotStatistics;
  /** The fewest copies, of any pack that the snapshot needs, that are intact and can be reached now. */
  readonly copiesMin: number;
  /** The same of the packs that this backup wrote; what the network keeps if there was none. */
  readonly newCopiesMin: number;
  /** Packs that the snapshot needs with fewer copies within reach than the network keeps. */
  readonly packsBelowStrength: number;
  readonly problems: readonly BackupProblem[];
}

export async function backup(options: BackupOptions, ports: BackupPorts): Promise<BackupSummary> {
  refuseToHangUp(options, ports);
  const session = await ports.coordinator.beginSession('backup');
  let isTakenOver = false;
  let outcome: SessionOutcome = 'failed';
  try {
    // First: of one that is interrupted the journal says as well what it was about.
    await noteSubject(subjectOf(options), session, ports);
    const summary = await backupWithIndex(options, ports, session);
    isTakenOver = summary.isTakenOver;
    outcome = 'done';
    return summary;
  } finally {
    try {
      await ports.lines.close();
      await ports.lock?.recordLines.close();
    } finally {
      // Whoever took it over ends it, when all packs have their copies.
      if (!isTakenOver) await ports.coordinator.endSession(session, outcome);
    }
  }
}

const NOTHING_TO_COMPARE: ChosenKind = { kind: 'full', base: undefined };

/** Before anything is read or written. */
function refuseToHangUp({ hangUp }: BackupOptions, { takeOver }: BackupPorts): void {
  if (hangUp !== 'early' || takeOver !== undefined) return;
  throw new KuraError('usage', 'only a network of others takes a backup over', {
    guidance: 'Leave out --hang-up early: your stores are written by this process.',
  });
}

async function backupWithIndex(
  options: BackupOptions,
  ports: BackupPorts,
  session: SessionId,
): Promise<BackupSummary> {
  const { disk, home, keys, random } = ports;
  const folder = home.indexFolder;
  const index = new IndexWriter({ disk, folder, localKey: keys.localKey, random });
  try {
    const reading = await openReading(ports, { purpose: 'save' });
    try {
      return await backupInSession({ options, ports, session, index, reading });
    } finally {
      reading.close();
    }
  } finally {
    index.close();
  }
}

interface OpenBackup {
  readonly options: BackupOptions;
  readonly ports: BackupPorts;
  readonly session: SessionId;
  readonly index: IndexWriter;
  readonly reading: Reading;
}

async function backupInSession(open: OpenBackup): Promise<BackupSummary> {
  const { options, ports, session, index, reading } = open;
  const { clock, lock } = ports;
  const startMs = clock.elapsedMs();
  const timeMs = clock.nowMs();
  const all = await knownSnapshots(open);
  const chosen =
    lock === undefined ? chooseKind(options.kind, seriesOf(all, options)) : NOTHING_TO_COMPARE;
  const recorder = new PackRecorder({ coordinator: ports.coordinator, session, index });
  const sealing = lock === undefined ? ports : { ...ports, keys: lock.keys };
  const work = { options, session, reading, recorder, base: chosen.base };
  const run = new BackupRun({ ...work, ports: sealing });
  let committed: Committed | undefined;
  try {
    const root = await run.collect();
    if (!options.dryRun) {
      const tips = tipsOf(ports.history.read(), all, ports.device.deviceId);
      const durationMs = clock.elapsedMs() - startMs;
      const place = { ports, run, recorder, session, options, table: reading.table };
      committed = await commit({ ...place, ...chosen, timeMs, durationMs, root, tips });
      await rememberHead(committed, timeMs, ports);
    }
  } catch (error) {
    await run.abort();
    throw error;
  }
  run.finished();
  const durationMs = clock.elapsedMs() - startMs;
  return summaryOf({ run, recorder, chosen, committed, durationMs, ports, reading });
}

/** What the network shows; this device learns from it unless it is not what is known here. */
async function knownSnapshots({ ports, reading }: OpenBackup): Promise<readonly StoredSnapshot[]> {
  // A snapshot whose record cannot be read is nothing to compare with; `check` names it.
  const look = await lookBack(reading.snapshots, ports);
  if (look.findings.length === 0) await learn(look, ports.history);
  else ports.onFindings?.(look.findings);
  return look.stored;
}

/** One that was handed over has no receipt yet: it is learned from the network, once that has committed it. */
async function rememberHead(
  { receipt, snapshotId }: Committed,
  timeMs: number,
  { device, history }: BackupPorts,
): Promise<void> {
  if (receipt === undefined) return;
  const { leafIndex, checkpoint } = receipt;
  await remember({ snapshotId, deviceId: device.deviceId, leafIndex, timeMs, checkpoint }, history);
}

function summaryOf(done: {
  readonly run: BackupRun;
  readonly recorder: PackRecorder;
  readonly chosen: ChosenKind;
  readonly committed: Committed | undefined;
  readonly durationMs: number;
  readonly ports: BackupPorts;
  readonly reading: Reading;
}): BackupSummary {
  const { run, recorder, chosen, committed, durationMs, ports, reading } = done;
  const newCopiesMin = Math.min(recorder.copiesMin, ports.network.copies);
  const reachable = run.usedPacks.map((packId) => reachableCopies(packId, reading, ports));
  return {
    snapshotId: committed?.snapshotId,
    receipt: committed?.receipt,
    isTakenOver: committed !== undefined && committed.receipt === undefined,
    kind: chosen.kind,
    statistics: statisticsOf(run.counts, {
      bytesPacked: recorder.leafCount * ports.shape.leafBytes,
      durationMs,
    }),
    copiesMin: reachable.reduce((least, count) => Math.min(least, count), newCopiesMin),
    newCopiesMin,
    packsBelowStrength: reachable.filter((count) => count < ports.network.copies).length,
    problems: run.problems,
  };
}

function reachableCopies(packId: PackId, reading: Reading, ports: BackupPorts): number {
  const copies = reading.catalogue.byId(packId)?.row.copies ?? [];
  return copies.filter((copy) => copy.state === 'held' && ports.stores.has(copy.storeId)).length;
}

/** Snapshots of the same host and the same paths: one series of full and incremental backups. */
function seriesOf(
  all: readonly StoredSnapshot[],
  options: BackupOptions,
): readonly StoredSnapshot[] {
  const wanted = options.paths.toSorted().join('\0');
  return all.filter(
    ({ snapshot }) =>
      snapshot.lock === undefined &&
      snapshot.hostname === options.hostname &&
      snapshot.paths.toSorted().join('\0') === wanted,
  );
}
