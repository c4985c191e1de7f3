// How the history looks in every command: what is newest known and since when, and what is not as it was known.
import { shortId } from '../cli/select.ts';
import { paint } from '../output/style.ts';
import { localTime, plural } from './show.ts';
import type { CommandContext } from './types.ts';
import type { HistoryFindingView, HistoryView } from './views.ts';

const WHAT: Readonly<Record<HistoryFindingView['kind'], string>> = {
  older: 'is not there, nor anything after it',
  forked: 'is not there, and something else is in its place',
  missing: 'is not there',
  returned: 'is there, and was forgotten',
  unordered: 'was forgotten, and the order is gone',
  moved: 'is at another place of the log',
};

const MAX_SHOWN = 20;

/** One note if all is as it was; else a warning, and a line for each snapshot. */
export function tellHistory(history: HistoryView, context: CommandContext): void {
  const { output } = context;
  const { newest, findings, findingCount, evidence, acceptedHeads } = history;
  if (findingCount === 0) {
    if (newest !== undefined) output.note(newestText(newest, context));
  } else {
    output.warning(`the history is not as it is known here: ${plural(findingCount, 'finding')}`);
    output.lines(findings.slice(0, MAX_SHOWN).map((finding) => findingLine(finding, context)));
    if (history.log === 'older')
      output.line('  the log of receipts ends before what was seen of it');
    if (history.log === 'split') output.line('  the log of receipts is not the one that was seen');
    const more = findings.length - Math.min(findings.length, MAX_SHOWN);
    if (more > 0) output.line(`  and ${plural(more, 'more snapshot')}`);
    if (evidence !== undefined) output.line(`  evidence: ${evidence}`);
  }
  if (acceptedHeads > 0) {
    output.note(`without ${plural(acceptedHeads, 'snapshot')} that --accept-older gave up`);
  }
}

function newestText(
  { snapshotId, timeMs, loggedMs, isWitnessed }: NonNullable<HistoryView['newest']>,
  context: CommandContext,
): string {
  const since =
    loggedMs === undefined
      ? 'without a receipt here'
      : `in the log since ${localTime(loggedMs, context)}`;
  const by = isWitnessed ? 'witnessed' : 'not witnessed';
  return `newest known: ${shortId(snapshotId)} of ${localTime(timeMs, context)}, ${since}, ${by}`;
}

function findingLine(
  { kind, snapshotId, timeMs, namedBy }: HistoryFindingView,
  context: CommandContext,
): string {
  const time = timeMs === undefined ? '' : ` of ${localTime(timeMs, context)}`;
  const by = namedBy === undefined ? '' : `; ${shortId(namedBy)} names it`;
  return `  ${paint('bad', shortId(snapshotId))}${time} ${WHAT[kind]}${by}`;
}

export function historyJson({
  newest,
  knownHeads,
  acceptedHeads,
  findings,
  findingCount,
  evidence,
  log,
}: HistoryView) {
  return {
    newest:
      newest === undefined
        ? null
        : {
            snapshot_id: newest.snapshotId,
            time: new Date(newest.timeMs).toISOString(),
            logged: newest.loggedMs === undefined ? null : new Date(newest.loggedMs).toISOString(),
            witnessed: newest.isWitnessed,
            shown: newest.isShown,
          },
    known: knownHeads,
    accepted: acceptedHeads,
    findings: findings.map(({ kind, snapshotId, timeMs, namedBy }) => ({
      kind,
      snapshot_id: snapshotId,
      time: timeMs === undefined ? null : new Date(timeMs).toISOString(),
      named_by: namedBy ?? null,
    })),
    finding_count: findingCount,
    log,
    evidence: evidence ?? null,
  };
}
