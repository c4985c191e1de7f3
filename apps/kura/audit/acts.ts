// `kura audit run` and `bound`: audits that are made now, and what they may take.
import { formatBytes, KuraError } from '@kura/base';
import { type Command, InvalidArgumentError } from 'commander';
import { byteCount } from '../cli/options.ts';
import { plural } from '../commands/show.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { paint } from '../output/style.ts';
import type { AuditDesk } from './desk.ts';

const RUN_HELP = `
Of a network of your own folders: what is due is audited now. --round also does what would be
due later in this round, so that every copy is looked at. A network that others run audits by
itself; its operator makes the rest of a round due with --round.

Ends with 22 if something was found: kura audit history, kura incidents list.

Examples:
  kura audit run
  kura audit run --round --json
`;
const BOUND_HELP = `
What audits may send over a store's line in a day, at whoever's cost that is. Leaves come first:
with less than 90 MiB a day a loss of one percent is no longer found within a day. Copies that
do not fit are read in full by their store instead, or wait; "kura audit status" says how long
a round takes then.

Examples:
  kura audit bound osaka 2G
  kura audit bound osaka none
`;

async function run(desk: AuditDesk, isWholeRound: boolean): Promise<void> {
  const { output } = desk.context;
  if (desk.kind !== 'owner') return hasten(desk, isWholeRound);
  const done = await (await desk.context.services()).runAudits(isWholeRound);
  const { leaves, compared, readInFull, lineBytes, faults, waiting } = done;
  const whole = `${plural(compared, 'copy', 'copies')} compared, ${readInFull} read in full`;
  output.line(`${whole}, ${plural(leaves, 'leaf', 'leaves')} asked for; ${formatBytes(lineBytes)}`);
  if (waiting > 0) output.line(`${waiting} wait for their store`);
  const verdict = faults === 0 ? paint('good', 'all as entrusted') : paint('bad', told(faults));
  output.line(verdict);
  output.record({
    message_type: 'summary',
    ...{ leaves, copies_compared: compared, copies_read_in_full: readInFull },
    ...{ line_bytes: lineBytes, faults, waiting },
  });
  desk.context.exitWith(faults === 0 ? EXIT.done : EXIT.degraded);
}

function told(faults: number): string {
  const [verb, copies] = faults === 1 ? ['is', 'answer'] : ['are', 'answers'];
  return `${faults} ${copies} ${verb} not as they should be: kura audit history`;
}

async function hasten(desk: AuditDesk, isWholeRound: boolean): Promise<void> {
  if (!isWholeRound) {
    throw new KuraError('unsupported', 'the network audits by itself', {
      guidance: 'See how far it is: kura audit status',
    });
  }
  await desk.answer((port) => port.hasten());
  desk.done('what is left of the round is due now: kura audit status', { round: 'due' });
}

async function bound(desk: AuditDesk, name: string, bytes: number | undefined): Promise<void> {
  const { storeId, city } = await desk.answer(async (port) => {
    const store = await desk.storeNamed(port, name);
    await port.bound(store.storeId, bytes);
    return store;
  });
  const text =
    bytes === undefined ? 'as much as the schedule wants' : `${formatBytes(bytes)} a day`;
  const facts = { store: storeId, city, bound_bytes: bytes ?? null };
  desk.done(`audits may send ${text} from the store in ${city}`, facts);
}

function boundOf(text: string): number | undefined {
  if (text === 'none') return undefined;
  try {
    return byteCount(text);
  } catch {
    throw new InvalidArgumentError('It is a size such as 2G, or "none".');
  }
}

export function registerAuditActs(command: Command, desk: AuditDesk): void {
  command
    .command('run')
    .description('audit now what is due, in a network of your own folders')
    .option('--round', 'all that is left of this round')
    .addHelpText('after', RUN_HELP)
    .action(({ round }: { readonly round?: true }) => run(desk, round === true));
  command
    .command('bound')
    .description("bound what audits may send over a store's line in a day")
    .argument('<store>', 'city, or the beginning of its id')
    .argument('<bytes>', 'a size a day, or "none"', boundOf)
    .addHelpText('after', BOUND_HELP)
    .action((name: string, bytes: number | undefined) => bound(desk, name, bytes));
}
