// `kura journal`: when something ran, what it was about, how it went, where that is now. Only the member can read it.
import { isOfRestore, type RestoreSubject } from '@kura/agent/journal/restore-subject.ts';
import type { BackupSubject, SessionSubject } from '@kura/agent/journal/subject.ts';
import { formatBytes, formatDuration } from '@kura/base';
import { type Command, Option } from 'commander';
import { addCardOption, type CardOption, wholeNumber } from '../cli/options.ts';
import { shortId } from '../cli/select.ts';
import type { Json } from '../output/output.ts';
import { tableLines } from '../output/table.ts';
import { localTime, plural } from './show.ts';
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

function figuresText({ figures, subject }: JournalView): string {
  const told = Object.entries(figures).map(([name, value]) =>
    name === 'snapshotId' ? `snapshot ${shortId(String(value))}` : `${name} ${value}`,
  );
  return [...told, ...(subject === undefined ? [] : broughtTexts(subject))].join(', ');
}

function broughtTexts(subject: SessionSubject): readonly string[] {
  if (!isOfRestore(subject) || subject.brought === null) return [];
  const { entries, bytes, problems } = subject.brought;
  const all = [plural(entries, 'entry', 'entries'), formatBytes(bytes)];
  return problems === 0 ? all : [...all, plural(problems, 'problem')];
}

function dataText({ subject }: JournalView): string {
  if (subject === undefined) return '';
  const text = isOfRestore(subject) ? restoreText(subject) : backupText(subject);
  return `${text}${subject.isDryRun ? ' (dry run)' : ''}`;
}

function backupText({ paths, morePaths }: BackupSubject): string {
  return `${paths.join(', ')}${morePaths === 0 ? '' : ` and ${morePaths} more`}`;
}

function restoreText({ snapshotId, path, isSelection, target }: RestoreSubject): string {
  const part = isSelection ? ', a part of it,' : '';
  return `${shortId(snapshotId)}:${path}${part} to ${target ?? 'standard output'}`;
}

/** Cities, each once: how many copies lie at which store is in the document. */
function placesText({ kind, places }: JournalView): string {
  if (places === undefined) return '';
  if (places.length === 0) return kind === 'backup' ? 'nothing of it is left' : '';
  const cities = new Set(places.map(({ cityName, storeId }) => cityName ?? shortId(storeId)));
  return [...cities].join(', ');
}

function subjectJson(subject: SessionSubject): Json {
  const { hostname: host, isDryRun: dry_run } = subject;
  if (!isOfRestore(subject)) {
    const { paths, morePaths, tags } = subject;
    return { host, paths: [...paths], more_paths: morePaths, tags: [...tags], dry_run };
  }
  const { snapshotId, path, isSelection, target, brought } = subject;
  const what = { snapshot_id: snapshotId, path, selection: isSelection, target };
  return { host, ...what, dry_run, brought: brought === null ? null : { ...brought } };
}

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
