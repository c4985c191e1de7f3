// The services that write new snapshots: `backup` and `tag`.
import { backup } from '@kura/agent/backup/backup.ts';
import { excludeMatcher } from '@kura/agent/backup/exclude.ts';
import type { BackupOptions } from '@kura/agent/backup/options.ts';
import type { BackupPorts } from '@kura/agent/backup/ports.ts';
import type { HistoryFinding } from '@kura/agent/heads/compare-history.ts';
import { replaceSnapshot } from '@kura/agent/snapshots/replace-snapshot.ts';
import { KuraError, type SnapshotId, systemAlarmClock } from '@kura/base';
import type { ServicePort } from '@kura/contract';
import {
  type Receipt,
  ReceiptVerifier,
  refusedReceipt,
  snapshotOf,
  type WitnessPolicy,
} from '@kura/log';
import { lockedKeys, newLockSecret } from '@kura/member-seal';
import type { BackupRequest, TagRequest } from '../commands/requests.ts';
import type { BackupView, TagView } from '../commands/views.ts';
import type { ThreadAhead } from '../embedded/thread-ahead.ts';
import type { ThreadLines } from '../embedded/thread-lines.ts';
import type { OwnHome } from './open.ts';
import type { Session } from './session.ts';
import { letGo, streamSource } from './stream-source.ts';

/** They work beside whatever opens the network. */
export interface SavingThreads {
  readonly lines: ThreadLines;
  /** Undefined: there is nothing to look at. */
  readonly ahead: ThreadAhead | undefined;
}

export async function backupNow(
  session: Session,
  request: BackupRequest,
  { lines, ahead }: SavingThreads,
): Promise<BackupView> {
  const network = await session.own();
  const { settings } = session;
  for (const [storeId, error] of network.storeFailures) {
    const store = network.network.stores.find((known) => known.identity.storeId === storeId);
    settings.warn(`the store in ${store?.location ?? storeId} is away: ${error.message}`);
  }
  if (network.kind === 'embedded') {
    const { notePresence } = await import('../embedded/open-network.ts');
    await notePresence(network);
  }
  const { stream, limits: _, isLocked, exclude, ...rest } = request;
  ahead?.begin();
  if (stream !== undefined) session.onClose(() => letGo(stream.bytes));
  const options: BackupOptions = {
    ...rest,
    isExcluded: excludeMatcher(exclude),
    ...(stream === undefined
      ? {}
      : { paths: [stream.path], stream: streamSource(stream.path, stream.bytes) }),
  };
  const summary = await backup(options, {
    ...network,
    ...(isLocked === true ? await newLock(session, network, lines) : { lines }),
    ahead,
    alarms: systemAlarmClock,
    onFindings: (findings) => settings.warn(findingsText(findings)),
    ...(network.kind === 'service' ? { takeOver: takeOverBy(network.coordinator) } : {}),
    onProgress: (progress) => {
      session.stopIfAsked();
      settings.progress.update({ phase: 'saving', ...progress });
    },
  });
  settings.progress.finish();
  await session.forgetReading();
  const { receipt, snapshotId } = summary;
  const looks = network.kind === 'service' && snapshotId !== undefined;
  const early = looks ? await (await import('./early.ts')).lookByTheWay(session, snapshotId) : [];
  return {
    early,
    snapshotId: summary.snapshotId,
    kind: summary.kind,
    statistics: summary.statistics,
    isTakenOver: summary.isTakenOver,
    copiesMin: summary.copiesMin,
    copiesWanted: network.network.copies,
    packsBelowStrength: summary.packsBelowStrength,
    problems: summary.problems.slice(0, MAX_PROBLEMS),
    problemCount: summary.problems.length,
    receipt:
      receipt === undefined
        ? undefined
        : judged(receipt, {
            policy: await network.witnessPolicy(),
            snapshotId: summary.snapshotId,
            warn: settings.warn,
          }),
  };
}

/** Under keys of its own: the secret is in this home until the stamps are there, and nowhere then. */
async function newLock(
  session: Session,
  network: OwnHome,
  recordLines: ThreadLines,
): Promise<Pick<BackupPorts, 'lines' | 'lock'>> {
  const { keepPending } = await import('@kura/agent/lock/pending-locks.ts');
  const secret = newLockSecret(network.random);
  await keepPending(network, secret);
  const keys = lockedKeys(network.keys, secret);
  return { lines: session.lines(keys), lock: { keys, recordLines } };
}

interface Judging {
  readonly policy: WitnessPolicy;
  /** What it has to be about. */
  readonly snapshotId: SnapshotId | undefined;
  readonly warn: (message: string) => void;
}

/** What may be believed of it, by the witnesses that are pinned here and whatever it says of itself. */
function judged(
  receipt: Receipt,
  { policy, snapshotId, warn }: Judging,
): NonNullable<BackupView['receipt']> {
  const { leafIndex } = receipt;
  try {
    const { isWitnessed, record } = new ReceiptVerifier(policy).open(receipt);
    if (snapshotOf(record) === snapshotId) return { leafIndex, witnessed: isWitnessed };
    throw refusedReceipt('subject', 'it is of another snapshot');
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    warn(`what was saved has no proof that counts here: ${error.message}`);
    return { leafIndex, witnessed: false };
  }
}

/** Saving goes on: what is new names what its device knows, so the gap stays visible to every other one. */
function findingsText({ length }: readonly HistoryFinding[]): string {
  const what = `${length} snapshot${length === 1 ? '' : 's'}`;
  return `the history is not as it is known here: ${what} (see kura check)`;
}

function takeOverBy(coordinator: ServicePort): ServicePort['commitLater'] {
  return (session, head, uses) => coordinator.commitLater(session, head, uses);
}

/** More than a person reads; the count is told beside it. */
const MAX_PROBLEMS = 1000;

export async function tagAll(session: Session, request: TagRequest): Promise<readonly TagView[]> {
  const views: TagView[] = [];
  const carryTerm = await (await import('./rewrite.ts')).termCarrier(session);
  for (const id of request.snapshots) {
    const network = await session.own();
    const reading = await session.reading();
    const stored = await reading.snapshots.find(id);
    if (stored === undefined) continue;
    const before = new Set(request.set ?? stored.snapshot.tags);
    for (const tag of request.add) before.add(tag);
    for (const tag of request.remove) before.delete(tag);
    const tags = [...before];
    const lines = session.lines();
    const to = await replaceSnapshot(stored, { tags }, { ...network, lines, reading, carryTerm });
    await session.forgetReading();
    views.push({ from: id, to });
  }
  return views;
}
