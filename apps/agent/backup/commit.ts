// The end of a backup: the signed record goes into the last pack, after every other pack is recorded; then
// the head goes to the coordinator, whose receipt is the acknowledgement (docs/design/ordering.md, "Save" 5–8).
import { KuraError, must, type PackId, PackIds, type SessionId, type SnapshotId } from '@kura/base';
import type { CustodyReceipt, SnapshotHead } from '@kura/contract';
import {
  type BackupKind,
  type ContentEntry,
  encodeSnapshot,
  MAX_LOCKED_PACKS,
  type Snapshot,
} from '@kura/format';
import type { Tips } from '../heads/tips.ts';
import type { ChunkTable } from '../index/chunk-table.ts';
import { saveRecord } from '../snapshots/save-record.ts';
import type { StoredSnapshot } from '../snapshots/snapshot-store.ts';
import { statisticsOf } from './counts.ts';
import type { BackupOptions } from './options.ts';
import type { PackRecorder } from './pack-recorder.ts';
import { packSetRootOf } from './pack-set.ts';
import type { BackupLock, BackupPorts } from './ports.ts';
import type { BackupRun } from './run.ts';

export interface CommitRequest {
  readonly ports: BackupPorts;
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
  readonly table: ChunkTable;
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
  const { ports, run, recorder, session } = request;
  const { coordinator, device, random, lock, takeOver } = ports;
  const { packId, snapshotId } =
    lock === undefined ? await saveInLast(request) : await saveApart(request, lock);
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
  const isEarly = request.options.hangUp === 'early';
  // First: from the moment on that the network has it, this device can be gone.
  if (isEarly) await rememberToLook(request, snapshotId);
  const receipt = await (isEarly
    ? must(takeOver, 'who hangs up has somebody to hand over to')(session, head, packs)
    : coordinator.commitSnapshot(session, head, packs));
  return { snapshotId, receipt, packs };
}

/** Copies that this device has not seen, of what it hands over. */
async function rememberToLook(request: CommitRequest, snapshotId: SnapshotId): Promise<void> {
  const { ports, recorder, session, timeMs } = request;
  const { earlyPacks: packs } = recorder;
  if (packs.length === 0) return;
  const { rememberEarly } = await import('../early/early-backups.ts');
  await rememberEarly(ports, { snapshotId, session, handedOverMs: timeMs, packs });
}

interface SavedRecord {
  readonly packId: PackId;
  readonly snapshotId: SnapshotId;
}

/** The record beside the last folders. */
async function saveInLast(request: CommitRequest): Promise<SavedRecord> {
  const { ports, run, recorder } = request;
  const { device, random } = ports;
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
  const { ports, run, recorder, session, table } = request;
  const { device, random } = ports;
  await run.folders.flush();
  await run.folderLine.finishFolders();
  await recorder.settled();
  const packs = must(PackIds.of(recorder.packIds), 'no pack is written twice');
  if (packs.length > MAX_LOCKED_PACKS) throw tooManyPacks(packs.length);
  const lock = { epoch: keys.epoch, packs, seal: undefined };
  const snapshot = { ...snapshotOf(request, recorder.leafCount), lock };
  const { record, snapshotId } = encodeSnapshot({ snapshot, device, random });
  const packId = await saveRecord(record, {
    ...{ context: ports, lines, session, table, recorder },
  });
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
  const { options, run, ports, timeMs, durationMs, root, kind, base, tips } = request;
  const { device, network, shape } = ports;
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
    device: device.deviceId,
    root,
    statistics: statisticsOf(run.counts, {
      bytesPacked: leavesPacked * shape.leafBytes,
      durationMs,
    }),
    skipped: run.problems.map((problem) => problem.path),
    network: { copies: network.copies, home: network.home },
  };
}
