// `kura risk` and `kura hazards at`: the risk table of each level, now or at any moment of the last three
// months, and what predictions were worth.
import { formatBytes, type MemberId, memberId } from '@kura/base';
import type {
  BrierView,
  RiskRowView,
  RiskTableView,
} from '@kura/contract/wire/endpoints/hazards.ts';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import type { CommandContext } from '../commands/types.ts';
import { momentOf, timeJson } from '../operator/values.ts';
import type { Json } from '../output/output.ts';
import { paint } from '../output/style.ts';
import { tableLines } from '../output/table.ts';
import { HazardDesk, percent } from './desk.ts';
import type { RiskAsked } from './port.ts';

const HELP = `
For each level of members the stores that it may use, the lowest risk first: that is the
order in which first copies are placed. calm: takes copies · watch: takes no new ones ·
leave: what lies there gets a further copy elsewhere. Probabilities are for the next week,
"a year" is for losing a copy there within one.

Examples:
  kura risk --level 3
  kura risk --member 4f0c… --json
  kura risk --predictions
`;

const AT_HELP = `
Examples:
  kura hazards at 2027-04-01
  kura hazards at 2027-04-01T12:00:00Z --level 2 --json
`;

function rowJson(level: number, row: RiskRowView): Json {
  return {
    level,
    store: row.storeId,
    city: row.city,
    state: row.state,
    stance: row.stance,
    since: timeJson(row.sinceMs),
    lost: row.lost,
    unreachable: row.unreachable,
    lost_per_year: row.lostPerYear,
    usable_bytes: row.usableBytes,
    causes: row.causes.map(({ eventId, kind, title, lost, unreachable }) => ({
      event_id: eventId,
      ...{ kind, title, lost, unreachable },
    })),
  };
}

function stanceText({ stance }: RiskRowView): string {
  if (stance === 'calm') return stance;
  return paint(stance === 'leave' ? 'bad' : 'warning', stance);
}

function tell({ level, rows }: RiskTableView, { output }: CommandContext): void {
  output.line(paint('strong', `level ${level}`));
  output.lines(
    tableLines<RiskRowView>(
      [
        { title: 'Store', cell: (row) => row.city },
        { title: 'Stance', cell: stanceText },
        { title: 'Lost', align: 'right', cell: (row) => percent(row.lost) },
        { title: 'Unreachable', align: 'right', cell: (row) => percent(row.unreachable) },
        { title: 'Lost, a year', align: 'right', cell: (row) => percent(row.lostPerYear) },
        { title: 'Room', align: 'right', cell: (row) => formatBytes(row.usableBytes) },
        { title: 'Because of', cell: ({ causes: [worst] }) => worst?.title.slice(0, 50) ?? '' },
      ],
      rows,
    ),
  );
}

async function showTables(desk: HazardDesk, asked: RiskAsked): Promise<void> {
  const tables = await desk.look((port) => port.tables(asked));
  const { output } = desk.context;
  for (const { level, rows } of tables) {
    for (const row of rows) output.record(rowJson(level, row));
  }
  if (tables.length === 0) {
    output.line('there is no risk table yet: nobody has watched (kura hazards update)');
    return;
  }
  for (const table of tables) tell(table, desk.context);
}

async function showPredictions(desk: HazardDesk): Promise<void> {
  const { open, rows } = await desk.look((port) => port.predictions());
  desk.list<BrierView>({
    rows,
    json: (row) => ({
      kind: row.kind,
      outcome: row.outcome,
      count: row.count,
      happened: row.happened,
      mean_probability: row.meanProbability,
      brier_score: row.score,
      reference: row.reference,
    }),
    none: 'no prediction has an outcome yet',
    columns: [
      { title: 'Hazard', cell: (row) => row.kind },
      { title: 'Outcome', cell: (row) => row.outcome },
      { title: 'Predicted', align: 'right', cell: (row) => String(row.count) },
      { title: 'Happened', align: 'right', cell: (row) => String(row.happened) },
      { title: 'Expected', align: 'right', cell: (row) => percent(row.meanProbability) },
      { title: 'Brier score', align: 'right', cell: (row) => row.score.toPrecision(2) },
      { title: 'Of always the mean', align: 'right', cell: (row) => row.reference.toPrecision(2) },
    ],
  });
  desk.context.output.note(`${open} predictions have no outcome yet`);
}

interface Options {
  readonly level?: number;
  readonly member?: MemberId;
  readonly predictions?: true;
}

/** `kura risk` */
export function register(command: Command, context: CommandContext): void {
  const desk = new HazardDesk(context);
  command
    .description('Shows the risk of every store, for each level of members.')
    .option('--level <n>', 'only the table of this level', wholeNumber(1, 3))
    .option('--member <id>', 'the table of the level that this member has', memberId)
    .option('--predictions', 'what earlier probabilities were worth instead')
    .addHelpText('after', HELP)
    .action(({ predictions, level, member }: Options) =>
      predictions === true ? showPredictions(desk) : showTables(desk, { level, member }),
    );
}

/** `kura hazards at` */
export function registerAt(command: Command, desk: HazardDesk): void {
  command
    .command('at')
    .description('show the risk tables as they were at a moment')
    .argument('<time>', '2027-04-01, or 2027-04-01T12:00:00Z', momentOf)
    .option('--level <n>', 'only the table of this level', wholeNumber(1, 3))
    .addHelpText('after', AT_HELP)
    .action((atMs: number, { level }: { readonly level?: number }) =>
      showTables(desk, { atMs, level }),
    );
}
