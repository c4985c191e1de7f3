// The end of a backup: the signed record goes into the last pack, after every other pack is recorded; then
// the head goes to the coordinator, whose receipt is the acknowledgement (docs/design/ordering.md, "Save" 5–8).
import { KuraError, must, type PackId, PackIds, type SessionId, type SnapshotId } from '@kura/base';
import type { CustodyReceipt, ServicePort, SnapshotHead } from '@kura/contract';
import {
  type BackupKind,
  type ContentEntry,
  encodeSnapshot,
  MAX_LOCKED_PACKS,
  type Snapshot,
  type SnapshotStatistics,
} from '@kura/format';
import type { OwnContext } from '../context.ts';
import type { Tips } from '../heads/tips.ts';
import type { ChunkTable } from '../index/chunk-table.ts';
import { saveRecord } from '../snapshots/save-record.ts';
import type { StoredSnapshot } from '../snapshots/snapshot-store.ts';
import type { BackupCounts } from './counts.ts';
import type { BackupOptions } from './options.ts';
import type { PackRecorder } from './pack-recorder.ts';
import { packSetRootOf } from './pack-set.ts';
import type { BackupLock } from './ports.ts';
import type { BackupRun } from './run.ts';

export interface CommitRequest {
  readonly context: OwnContext;
  readonly run: BackupRun;
  readonly recorder: PackRecorder;
  readonly session: SessionId;
  readonly options: BackupOptions;
  readonly timeMs: number;
  readonly durationMs: number;
  readonly root: ContentEntry;
  readonly kind: BackupKind;
  readonly base: StoredSnapshot | undefined;
  readonly tips: Tips;
  /** Of a network that goes on without the device. */
  readonly takeOver: ServicePort['commitLater'] | undefined;
  readonly table: ChunkTable;
  readonly lock: BackupLock | undefined;
}

export interface Committed {
  readonly snapshotId: SnapshotId;
  /** Undefined: the network has it, and commits when all packs have their copies. */
  readonly receipt: CustodyReceipt | undefined;
  readonly packs: readonly PackId[];
}

/** More than a record usually has, to know the size of the last pack before it is written. */
const RECORD_ROOM_BYTES = 16 * 1024;
const LEAF_SALT_BYTES = 32;

export async function commit(request: CommitRequest): Promise<Committed> {
  const { context, run, recorder, session } = request;
  const { coordinator, device, random } = context;
  const { packId, snapshotId } =
    request.lock === undefined ? await saveInLast(request) : await saveApart(request, request.lock);
  const packs = [...new Set([...run.usedPacks, ...recorder.packIds])];
  const head: SnapshotHead = {
    snapshotId,
    packId,
    predecessor: request.tips.predecessor,
    deviceKey: device.publicKey,
    timeMs: request.timeMs,
    packSetRoot: packSetRootOf(packs),
    packCount: packs.length,
    leafSalt: random.bytes(LEAF_SALT_BYTES),
  };
  const receipt = await (request.options.hangUp === 'early'
    ? must(request.takeOver, 'who hangs up has somebody to hand over to')(session, head, packs)
    : coordinator.commitSnapshot(session, head, packs));
  return { snapshotId, receipt, packs };
}

interface SavedRecord {
  readonly packId: PackId;
  readonly snapshotId: SnapshotId;
}

/** The record beside the last folders. */
async function saveInLast(request: CommitRequest): Promise<SavedRecord> {
  const { context, run, recorder } = request;
  const { device, random } = context;
  const line = run.folderLine;
  const lastLeaves = await line.planFolderPack(RECORD_ROOM_BYTES);
  const snapshot = snapshotOf(request, recorder.leafCount + lastLeaves);
  const { record, snapshotId } = encodeSnapshot({ snapshot, device, random });
  run.folders.add('snapshot', record);
  await run.folders.flush();
  const packId = await line.finishFolders();
  await recorder.settled();
  if (packId === undefined) throw new KuraError('io', 'the pack of the snapshot was not written');
  return { packId, snapshotId };
}

/** Under the member's own keys: that there is a snapshot, and which packs are its own, is seen without its lock. */
async function saveApart(
  request: CommitRequest,
  { keys, recordLines: lines }: BackupLock,
): Promise<SavedRecord> {
  const { context, run, recorder, session, table } = request;
  const { device, random } = context;
  await run.folders.flush();
  await run.folderLine.finishFolders();
  await recorder.settled();
  const packs = must(PackIds.of(recorder.packIds), 'no pack is written twice');
  if (packs.length > MAX_LOCKED_PACKS) throw tooManyPacks(packs.length);
  const lock = { epoch: keys.epoch, packs, seal: undefined };
  const snapshot = { ...snapshotOf(request, recorder.leafCount), lock };
  const { record, snapshotId } = encodeSnapshot({ snapshot, device, random });
  const packId = await saveRecord(record, { context, lines, session, table, recorder });
  return { packId, snapshotId };
}

function tooManyPacks(count: number): KuraError {
  return new KuraError('too_large', `a locked snapshot has at most ${MAX_LOCKED_PACKS} packs`, {
    guidance:
      'Save it as several snapshots, of a part each; what was written goes with kura prune.',
    context: { packs: count },
  });
}

function snapshotOf(request: CommitRequest, leavesPacked: number): Snapshot {
  const { options, run, context, timeMs, root, kind, base, tips } = request;
  return {
    version: 1,
    timeMs,
    hostname: options.hostname,
    username: options.username,
    paths: options.paths,
    tags: options.tags,
    kind,
    base: base?.id,
    ...tips,
    original: undefined,
    device: context.device.deviceId,
    root,
    statistics: statisticsOf(
      run.counts,
      leavesPacked * context.shape.leafBytes,
      request.durationMs,
    ),
    skipped: run.problems.map((problem) => problem.path),
    network: { copies: context.network.copies, home: context.network.home },
  };
}

function statisticsOf(
  counts: BackupCounts,
  bytesPacked: number,
  durationMs: number,
): SnapshotStatistics {
  return {
    filesNew: counts.filesNew,
    filesChanged: counts.filesChanged,
    filesUnmodified: counts.filesUnmodified,
    dirsNew: counts.dirsNew,
    dirsChanged: counts.dirsChanged,
    dirsUnmodified: counts.dirsUnmodified,
    dataAdded: counts.bytesAdded,
    dataAddedPacked: bytesPacked,
    totalFilesProcessed: counts.filesProcessed,
    totalBytesProcessed: counts.bytesProcessed,
    durationMs: Math.round(durationMs),
  };
}
