// `kura find`: files by name, in all snapshots or some.
import { excludeMatcher } from '@kura/agent/backup/exclude.ts';
import { type ByteString, byteString, displayName } from '@kura/base';
import { type Command, Option } from 'commander';
import { addReadingOptions, collect, parseTime, type ReadingOptions } from '../cli/options.ts';
import { selectSnapshots, shortId } from '../cli/select.ts';
import { nodeJson, nodeLine } from './node-show.ts';
import { localTime, plural } from './show.ts';
import type { CommandContext } from './types.ts';
import type { NodeView } from './views.ts';

interface Options extends ReadingOptions {
  readonly snapshot?: readonly string[];
  readonly ignoreCase?: true;
  readonly oldest?: number;
  readonly newest?: number;
  readonly long?: true;
  readonly humanReadable?: true;
}

const HELP = `
Patterns are those of \`kura backup --exclude\`; a name without wild cards finds entries
that are called so.

Examples:
  kura find report.odt
  kura find -l '*.jpg' --path /home/ann --oldest 2026-01-01
  kura find --snapshot latest '/etc/**/*.conf'
`;

/**
 * Whether an entry is meant itself, not only something above it: otherwise a folder that matches would
 * bring everything below it along.
 */
function nodeMatcher(patterns: readonly string[], ignoreCase: boolean) {
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  const matches = excludeMatcher(patterns.map(fold));
  const isMatch = (path: ByteString): boolean => {
    const folded = ignoreCase ? byteString(fold(displayName(path))) : path;
    return matches(folded, false);
  };
  return (path: ByteString): boolean => {
    const parent = path.slice(0, Math.max(1, path.lastIndexOf('/'))) as ByteString;
    return isMatch(path) && !(parent !== '/' && isMatch(parent));
  };
}

function isInTime({ mtimeNs }: NodeView, { oldest, newest }: Options): boolean {
  const timeMs = Number(mtimeNs / 1_000_000n);
  return timeMs >= (oldest ?? Number.NEGATIVE_INFINITY) && timeMs <= (newest ?? Infinity);
}

async function run(
  patterns: readonly string[],
  options: Options,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const isMeant = nodeMatcher(patterns, options.ignoreCase === true);
  const style = { isLong: options.long === true, humanReadable: options.humanReadable === true };
  const services = await context.services(options);
  const all = await services.snapshots();
  let hits = 0;
  for (const snapshot of selectSnapshots(all, options.snapshot ?? [], options)) {
    let isTitled = false;
    const folder = byteString('/');
    for await (const node of services.list({ snapshot: snapshot.id, folder, isDeep: true })) {
      if (!isMeant(node.path) || !isInTime(node, options)) continue;
      if (!isTitled) {
        const time = localTime(snapshot.timeMs, context);
        output.note(`snapshot ${shortId(snapshot.id)} of ${snapshot.hostname} at ${time}:`);
      }
      isTitled = true;
      hits++;
      output.line(nodeLine(node, style, context));
      output.record({ ...nodeJson(node), message_type: 'match', snapshot: snapshot.id });
    }
  }
  output.note(hits === 0 ? 'nothing found' : plural(hits, 'entry', 'entries'));
}

export function register(command: Command, context: CommandContext): void {
  addReadingOptions(
    command
      .description('Finds files and folders by name in snapshots.')
      .argument('<pattern...>', 'names or patterns'),
  )
    .addOption(
      new Option('-s, --snapshot <id>', 'only in this snapshot (repeat it)').argParser(collect),
    )
    .option('-i, --ignore-case', 'upper and lower case are the same')
    .addOption(new Option('-O, --oldest <time>', 'changed at or after').argParser(parseTime))
    .addOption(new Option('-N, --newest <time>', 'changed at or before').argParser(parseTime))
    .option('-l, --long', 'with mode, owner, size and time')
    .option('--human-readable', 'sizes in KiB, MiB, GiB')
    .addHelpText('after', HELP)
    .action((patterns: string[], options: Options) => run(patterns, options, context));
}
