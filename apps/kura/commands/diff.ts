// `kura diff`: what changed between two snapshots.
import { displayName, formatBytes } from '@kura/base';
import type { Command } from 'commander';
import { addReadingOptions, type ReadingOptions } from '../cli/options.ts';
import { findSnapshot, shortId } from '../cli/select.ts';
import { jsonPath } from '../output/output.ts';
import { paint, type Style } from '../output/style.ts';
import type { CommandContext } from './types.ts';
import type { ChangeKind, ChangeView } from './views.ts';

interface Options extends ReadingOptions {
  readonly metadata?: true;
}

const HELP = `
  +  added      -  removed      M  content changed
  T  became another type        U  only owner, mode, times or attributes (--metadata)

Examples:
  kura diff 3f2a91c0 latest
  kura diff --metadata 3f2a91c0 8be01d77 --json
`;

/** restic's letters. */
const LETTERS: Readonly<Record<ChangeKind, string>> = {
  added: '+',
  removed: '-',
  content: 'M',
  attributes: 'U',
  type: 'T',
};
const STYLES: Readonly<Record<ChangeKind, Style>> = {
  added: 'good',
  removed: 'bad',
  content: 'warning',
  attributes: 'faint',
  type: 'warning',
};

interface Counts {
  changed: number;
  added: number;
  removed: number;
  bytesAdded: number;
  bytesRemoved: number;
}

function count(counts: Counts, change: ChangeView): void {
  if (change.kind === 'added') counts.added++;
  else if (change.kind === 'removed') counts.removed++;
  else counts.changed++;
  counts.bytesAdded += change.bytesAdded;
  counts.bytesRemoved += change.bytesRemoved;
}

async function run(
  names: { readonly from: string; readonly to: string },
  options: Options,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const services = await context.services(options);
  const all = await services.snapshots();
  const from = findSnapshot(all, names.from, options);
  const to = findSnapshot(all, names.to, options);
  output.note(`from ${shortId(from.id)} to ${shortId(to.id)}:`);
  const counts: Counts = { changed: 0, added: 0, removed: 0, bytesAdded: 0, bytesRemoved: 0 };
  const metadata = options.metadata === true;
  for await (const change of services.diff({ from: from.id, to: to.id, metadata })) {
    count(counts, change);
    const slash = change.type === 'folder' ? '/' : '';
    const letter = paint(STYLES[change.kind], LETTERS[change.kind]);
    output.line(`${letter}    ${displayName(change.path)}${slash}`);
    output.record({
      message_type: 'change',
      ...jsonPath(change.path),
      modifier: LETTERS[change.kind],
      type: change.type,
    });
  }
  const { changed, added, removed, bytesAdded, bytesRemoved } = counts;
  output.line();
  output.line(`${added} added, ${removed} removed, ${changed} changed`);
  output.line(`${formatBytes(bytesAdded)} added, ${formatBytes(bytesRemoved)} removed`);
  output.record({
    message_type: 'statistics',
    source_snapshot: from.id,
    target_snapshot: to.id,
    changed_files: changed,
    added: { files: added, bytes: bytesAdded },
    removed: { files: removed, bytes: bytesRemoved },
  });
}

export function register(command: Command, context: CommandContext): void {
  addReadingOptions(
    command
      .description('Shows what changed between two snapshots.')
      .argument('<snapshot>', 'the earlier one')
      .argument('<snapshot>', 'the later one'),
  )
    .option('--metadata', 'also show entries of which only the attributes differ')
    .addHelpText('after', HELP)
    .action((from: string, to: string, options: Options) => run({ from, to }, options, context));
}
