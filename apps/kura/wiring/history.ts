// What the network shows of the history, against what this device and its card know: every restore and check begins
// here. A finding refuses, unless a person has said to go on (docs/design/heads.md).
import { CardLog, RECEIPTS } from '@kura/agent/card/card-log.ts';
import type { HistoryFinding } from '@kura/agent/heads/compare-history.ts';
import { compareLog, type LogLook, type LogVerdict } from '@kura/agent/heads/compare-log.ts';
import { historyEvidence } from '@kura/agent/heads/evidence.ts';
import type { KnownHead } from '@kura/agent/heads/known-history.ts';
import {
  accept,
  type LookBack,
  type LookBackPorts,
  learn,
  lookBack,
  newestKnown,
} from '@kura/agent/heads/look-back.ts';
import { replaceFile } from '@kura/agent/small-file.ts';
import { asFault, KuraError, type SnapshotId, utf8 } from '@kura/base';
import type { CustodyReceipt } from '@kura/contract';
import { ReceiptVerifier } from '@kura/log';
import type { HistoryView, NewestHeadView } from '../commands/views.ts';
import type { OpenHome } from './open.ts';
import type { Session } from './session.ts';

/** no: a finding is told · once: nothing is kept of it · always: what is shown is the history from now on. */
export type Acceptance = 'no' | 'once' | 'always';

export async function compareHistory(
  session: Session,
  acceptance: Acceptance = 'no',
): Promise<HistoryView> {
  const network = await session.network();
  const { snapshots } = await session.reading();
  const ports = lookBackPorts(network);
  const look = await lookBack(snapshots, ports);
  const log = await lookAtLog(look, network);
  const isWhole = look.findings.length === 0 && log.verdict === 'continues';
  const evidence = isWhole ? undefined : await keepEvidence({ look, log, network }, session);
  if (isWhole) {
    await learn(look, network.history);
    await rememberLog(log.newest, network);
  } else if (acceptance === 'always') await accept(look, ports);
  const { findings, known } = look;
  return {
    newest: await newestView(look, network),
    knownHeads: known.standing.size,
    acceptedHeads: known.accepted.size,
    findings: findings.slice(0, MAX_TOLD).map(findingView),
    findingCount: findings.length + (log.verdict === 'continues' ? 0 : 1),
    log: log.verdict,
    evidence,
  };
}

/** Throws `rolled_back` unless the history is as it is known, or `acceptance` says to go on. */
export async function refuseOther(session: Session, acceptance: Acceptance): Promise<HistoryView> {
  const view = await compareHistory(session, acceptance);
  if (view.findingCount === 0 || acceptance !== 'no') return view;
  const evidence = view.evidence === undefined ? '' : `The evidence is in ${view.evidence}. `;
  throw new KuraError('rolled_back', sentenceOf(view), {
    guidance: `${evidence}See kura check; --accept-older goes on with what is there.`,
    context: { findings: view.findingCount, kind: view.findings[0]?.kind ?? '' },
  });
}

/** More than a person reads; the count is told beside it. */
const MAX_TOLD = 1000;

const WHAT: Readonly<Record<HistoryFinding['kind'], string>> = {
  older: 'the history ends before what is known here',
  forked: 'the history went on in another way than is known here',
  missing: 'the history has gaps',
  returned: 'the history has what its owner had forgotten',
  unordered: 'orders of the owner are gone',
  moved: 'the history is in another order than is known here',
};

const LOG_WHAT: Readonly<Record<LogVerdict, string>> = {
  continues: 'the history is as it is known here',
  older: 'the log of receipts ends before what was seen of it',
  split: 'the log of receipts is not the one that was seen: two heads of it contradict each other',
};

/** "the history ends before what is known here: 2 snapshots, the newest 3f2a91c0 of 2026-11-21T08:49:07Z". */
export function sentenceOf({ findings, log }: HistoryView): string {
  const newest = findings.at(-1);
  if (newest === undefined) return LOG_WHAT[log];
  const { snapshotId, timeMs } = newest;
  const time = timeMs === undefined ? '' : ` of ${new Date(timeMs).toISOString()}`;
  const count = `${findings.length} snapshot${findings.length === 1 ? '' : 's'}`;
  return `${WHAT[newest.kind]}: ${count}, the newest ${snapshotId.slice(0, 8)}${time}`;
}

/** With a card alone nobody shows the log. */
async function lookAtLog({ known }: LookBack, network: OpenHome): Promise<LogLook> {
  if (network.kind !== 'card') {
    return await compareLog(known.checkpoints, network.logSource, network.log);
  }
  const newest = known.checkpoints.at(-1);
  return { verdict: 'continues', shown: undefined, against: undefined, newest };
}

/** One head that all others are part of is enough. */
async function rememberLog(newest: string | undefined, { history, kind }: OpenHome): Promise<void> {
  if (newest === undefined || kind === 'card') return;
  await history.write({ ...history.read(), checkpoints: [newest] });
}

function lookBackPorts(network: OpenHome): LookBackPorts {
  const { coordinator, keys, history, clock } = network;
  const catalogued = network.kind === 'card' ? network.coordinator.forgotten : undefined;
  return {
    ...{ coordinator, keys, history, clock },
    ...(catalogued === undefined ? {} : { catalogued }),
  };
}

function findingView({ kind, snapshotId, known, namedBy }: HistoryFinding) {
  return { kind, snapshotId, timeMs: known?.timeMs, namedBy };
}

async function newestView(look: LookBack, network: OpenHome): Promise<NewestHeadView | undefined> {
  const newest = newestKnown(look);
  if (newest === undefined) return undefined;
  const { snapshotId, timeMs } = newest;
  const isShown = look.shown.heads.some((head) => head.snapshotId === snapshotId);
  return { snapshotId, timeMs, isShown, ...(await loggedSince(newest, network)) };
}

/** As its receipt says, if there is one that holds. */
async function loggedSince(
  { snapshotId }: KnownHead,
  network: OpenHome,
): Promise<Pick<NewestHeadView, 'loggedMs' | 'isWitnessed'>> {
  try {
    const receipt = await receiptOf(snapshotId, network);
    if (receipt === undefined) return { loggedMs: undefined, isWitnessed: false };
    // By the witnesses that are pinned here: one that claims others proves nothing.
    const opened = new ReceiptVerifier(await network.witnessPolicy()).open(receipt);
    const { record, isWitnessed } = opened;
    const loggedMs = record.kind === 'snapshot' ? record.receipt.timeMs : undefined;
    return { loggedMs, isWitnessed: isWitnessed && loggedMs !== undefined };
  } catch (error) {
    if (error instanceof KuraError) return { loggedMs: undefined, isWitnessed: false };
    throw error;
  }
}

/** The card's own first: what a network says of what it lost proves nothing. */
async function receiptOf(id: SnapshotId, network: OpenHome): Promise<CustodyReceipt | undefined> {
  if (network.kind === 'service') {
    const kept = new CardLog(network.files, RECEIPTS).newest();
    const found = kept.find(({ snapshotId }) => snapshotId === id);
    if (found !== undefined) return found.receipt;
  }
  return network.coordinator.receipt(id);
}

interface Looked {
  readonly look: LookBack;
  readonly log: LogLook;
  readonly network: OpenHome;
}

/** The file's name; undefined, and a warning, if it cannot be written. */
async function keepEvidence(
  { look, log: { shown }, network }: Looked,
  { surroundings, settings }: Session,
): Promise<string | undefined> {
  const { keys, device, clock, log } = network;
  if (device === undefined) {
    settings.warn('a card for reading only signs nothing: no evidence is written');
    return undefined;
  }
  const { text, madeMs } = await historyEvidence(look, {
    ...{ keys, device, clock, logOrigin: log.origin, shownCheckpoint: shown },
    receiptOf: (id) => receiptOf(id, network),
  });
  await report(text, network, settings.warn);
  if (network.kind === 'service' && look.findings.length > 0) {
    await toldOr(settings.warn, 'the network did not take the report', () =>
      network.account.reportHistory(text),
    );
  }
  const name = new Date(madeMs).toISOString().replaceAll(/[:.]/g, '-');
  const path = `${settings.home}/incidents/history-${name}.json`;
  const isKept = await toldOr(settings.warn, 'the evidence could not be written', () =>
    replaceFile(surroundings, path, utf8(`${text}\n`)),
  );
  return isKept ? path : undefined;
}

/** What comes after a finding must not hide it: a fault is told, and the answer is false. */
async function toldOr(
  warn: (message: string) => void,
  what: string,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    const fault = asFault(error, what);
    warn(fault === error ? `${what}: ${fault.message}` : fault.message);
    return false;
  }
}

/** In a network of others the member's other devices hear of it as well, if the network can be told. */
async function report(
  evidence: string,
  network: OpenHome,
  warn: (message: string) => void,
): Promise<void> {
  if (network.kind !== 'service') return;
  try {
    await network.coordinator.reportHistory(evidence);
  } catch (error) {
    warn(asFault(error, 'the network could not be told of its history').message);
  }
}
