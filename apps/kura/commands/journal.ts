// `kura journal`: when something ran, what it was about, how it went, where that is now. Only the member can read it.
import { formatDuration } from '@kura/base';
import { type Command, Option } from 'commander';
import { addCardOption, type CardOption, wholeNumber } from '../cli/options.ts';
import { shortId } from '../cli/select.ts';
import type { Json } from '../output/output.ts';
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
    .map(([name, value]) => (name === 'snapshotId' ? snapshotText(value) : `${name} ${value}`))
    .join(', ');
}

const snapshotText = (id: number | string | boolean): string => `snapshot ${shortId(String(id))}`;

function dataText({ subject }: JournalView): string {
  if (subject === undefined) return '';
  const { paths, morePaths, isDryRun } = subject;
  const more = morePaths === 0 ? '' : ` and ${morePaths} more`;
  return `${paths.join(', ')}${more}${isDryRun ? ' (dry run)' : ''}`;
}

/** Cities, each once: how many copies lie at which store is in the document. */
function placesText({ kind, places }: JournalView): string {
  if (places === undefined) return '';
  if (places.length === 0) return kind === 'backup' ? 'nothing of it is left' : '';
  const cities = new Set(places.map(({ cityName, storeId }) => cityName ?? shortId(storeId)));
  return [...cities].join(', ');
}

type Subject = NonNullable<JournalView['subject']>;

const subjectJson = ({ hostname, paths, morePaths, tags, isDryRun }: Subject): Json => ({
  ...{ host: hostname, paths: [...paths], more_paths: morePaths, tags: [...tags] },
  dry_run: isDryRun,
});

async function run(options: Options, context: CommandContext): Promise<void> {
  const { output } = context;
  const services = await context.services(options);
  const entries = await services.journal(options.latest);
  for (const entry of entries) {
    const { sessionId, kind, beganMs, endedMs, outcome, figures, subject, places } = entry;
    output.record({
      session_id: sessionId,
      kind,
      began: new Date(beganMs).toISOString(),
      ended: endedMs === undefined ? null : new Date(endedMs).toISOString(),
      outcome,
      figures,
      subject: subject === undefined ? null : subjectJson(subject),
      places:
        places?.map(({ storeId, cityName, copies }) => ({
          ...{ store_id: storeId, city: cityName ?? null, copies },
        })) ?? null,
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
        { title: 'Data', cell: dataText },
        { title: 'Where it is', cell: placesText },
        { title: 'Figures', cell: figuresText },
      ],
      entries,
    ),
  );
}

export function register(command: Command, context: CommandContext): void {
  addCardOption(command)
    .description(
      'Shows what ran, when, how it went, and where what it saved is now: the newest first.',
    )
    .addOption(
      new Option('--latest <n>', 'how many').argParser(wholeNumber(1, 100_000)).default(20),
    )
    .addHelpText('after', HELP)
    .action((options: Options) => run(options, context));
}
