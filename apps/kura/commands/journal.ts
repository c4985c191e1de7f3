// `kura journal`: what ran, when, and how it went. Only the member can read it.
import { formatDuration } from '@kura/base';
import { type Command, Option } from 'commander';
import { addCardOption, type CardOption, wholeNumber } from '../cli/options.ts';
import { tableLines } from '../output/table.ts';
import { localTime } from './show.ts';
import type { CommandContext } from './types.ts';
import type { JournalView } from './views.ts';

interface Options extends CardOption {
  readonly latest: number;
}

const HELP = `
Examples:
  kura journal
  kura journal --latest 200 --json
`;

function durationText({ beganMs, endedMs }: JournalView): string {
  return endedMs === undefined ? '' : formatDuration(endedMs - beganMs);
}

function figuresText({ figures }: JournalView): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

async function run(options: Options, context: CommandContext): Promise<void> {
  const { output } = context;
  const services = await context.services(options);
  const entries = await services.journal(options.latest);
  for (const entry of entries) {
    const { sessionId, kind, beganMs, endedMs, outcome, figures } = entry;
    output.record({
      session_id: sessionId,
      kind,
      began: new Date(beganMs).toISOString(),
      ended: endedMs === undefined ? null : new Date(endedMs).toISOString(),
      outcome,
      figures,
    });
  }
  if (entries.length === 0) {
    output.line('nothing has run yet');
    return;
  }
  output.lines(
    tableLines(
      [
        { title: 'Began', cell: ({ beganMs }) => localTime(beganMs, context) },
        { title: 'Took', align: 'right', cell: durationText },
        { title: 'What', cell: ({ kind }) => kind },
        { title: 'How it went', cell: ({ outcome }) => outcome },
        { title: 'Figures', cell: figuresText },
      ],
      entries,
    ),
  );
}

export function register(command: Command, context: CommandContext): void {
  addCardOption(command)
    .description('Shows what ran, when, and how it went: the newest first.')
    .addOption(
      new Option('--latest <n>', 'how many').argParser(wholeNumber(1, 100_000)).default(20),
    )
    .addHelpText('after', HELP)
    .action((options: Options) => run(options, context));
}
