// `kura moves pause`, `resume`, `approve`, `veto`, `pin`, `forbid`, `free`, `log`, and for folders of one's own `run`
// and `drain`: what people say about moves. What there is to see of them is shown beside it.
import { formatBytes, KuraError } from '@kura/base';
import type { RegionsView } from '@kura/contract/wire/endpoints/moves.ts';
import { nodeDisk } from '@kura/native';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { shortId } from '../cli/select.ts';
import { localTime, plural } from '../commands/show.ts';
import type { CommandContext } from '../commands/types.ts';
import { readPointer } from '../network/home-pointer.ts';
import { Desk } from '../operator/desk.ts';
import { hasOperatorFile } from '../operator/operator-file.ts';
import { timeJson } from '../operator/values.ts';
import type { LocalMoves } from './local-moves.ts';
import type { MovesPort, RegionWish } from './port.ts';
import { operatorMoves } from './remote-moves.ts';

const MAX_LOG = 1000;

const RUN_HELP = `
Of a network of your own folders: copies that should lie elsewhere are made there, read
back, and what is then too many is removed. A network that others run does this by itself.

Examples:
  kura moves run
  kura moves run --json
`;
const REGION_HELP = `
A region is a city, a country in two letters, a power area, or the operator of a store.
With a pin, copies lie only in regions that are pinned; where it is forbidden, none lies.
Both hold for new data and for what is saved already, which moves.

Examples:
  kura moves forbid jp-east
  kura moves pin de
  kura moves free jp-east
`;
const DRAIN_HELP = `
What lies there is copied elsewhere and removed by the next "kura moves run"; nothing
new is written to it. --undo takes it back. A folder that was emptied and is gone for good
is forgotten by "kura check --repair".

Examples:
  kura moves drain osaka && kura moves run
  kura moves drain /media/old-disk
  kura moves drain osaka --undo
`;

class MovesDesk extends Desk {
  async answer<Result>(work: (port: MovesPort) => Promise<Result>): Promise<Result> {
    const { home } = this.context;
    if (hasOperatorFile(nodeDisk, home)) return this.ask((client) => work(operatorMoves(client)));
    if (readPointer(nodeDisk, home) !== undefined) {
      return work(await (await this.context.services()).moves());
    }
    return this.own(work);
  }

  /** Throws `unsupported` in a home whose stores are not its owner's. */
  async own<Result>(work: (port: LocalMoves) => Promise<Result>): Promise<Result> {
    const { home, clock } = this.context;
    if (hasOperatorFile(nodeDisk, home) || readPointer(nodeDisk, home) !== undefined) {
      throw new KuraError('unsupported', 'the network does this by itself', {
        guidance: 'An operator empties a store: kura operator stores drain STORE',
      });
    }
    const { LocalMoves } = await import('./local-moves.ts');
    const port = await LocalMoves.open(home, clock);
    try {
      return await work(port);
    } finally {
      port.close();
    }
  }
}

async function pause(desk: MovesDesk, isPaused: boolean): Promise<void> {
  await desk.answer((port) => port.pause(isPaused));
  const text = isPaused ? 'moves are paused: what is under way ends' : 'moves go on';
  desk.done(text, { paused: isPaused });
}

async function judge(desk: MovesDesk, move: string, verdict: 'approve' | 'veto'): Promise<void> {
  await desk.answer((port) => port.judge(move, verdict));
  const text =
    verdict === 'approve' ? 'approved: it runs' : 'refused: it is not planned for a week';
  desk.done(`move ${shortId(move)} is ${text}`, { move, verdict });
}

function tellRegions(desk: MovesDesk, { pinned, forbidden }: RegionsView): void {
  const { output } = desk.context;
  const text = (names: readonly string[], none: string): string =>
    names.length === 0 ? none : names.join(', ');
  output.line(`only in: ${text(pinned, 'any region')}`);
  output.line(`never in: ${text(forbidden, 'none')}`);
  output.record({ pinned, forbidden });
}

async function regions(desk: MovesDesk, wish?: RegionWish): Promise<void> {
  tellRegions(desk, await desk.answer((port) => port.regions(wish)));
}

async function drain(desk: MovesDesk, name: string, isUndone: boolean): Promise<void> {
  const store = await desk.own((port) => port.drain(name, !isUndone));
  const { storeId, place } = store.identity;
  const text = isUndone ? 'takes copies again' : 'is being emptied: kura moves run';
  const state = isUndone ? 'active' : 'draining';
  desk.done(`the store in ${place.city} ${text}`, { store: storeId, city: place.city, state });
}

async function run({ output, services }: CommandContext): Promise<void> {
  const done = await (await services()).runMoves();
  const copies = plural(done.added, 'copy', 'copies');
  output.line(`${copies} made, ${formatBytes(done.addedBytes)}; ${done.retired} removed`);
  if (done.waiting > 0)
    output.line(`${plural(done.waiting, 'pack')} cannot move now: kura moves log`);
  output.record({
    added: done.added,
    added_bytes: done.addedBytes,
    retired: done.retired,
    waiting: done.waiting,
  });
}

async function log(desk: MovesDesk, limit: number): Promise<void> {
  const decisions = await desk.answer((port) => port.decisions(limit));
  desk.list({
    rows: decisions,
    json: (row) => ({
      number: row.number,
      time: timeJson(row.timeMs),
      what: row.what,
      reason: row.reason,
      member: row.memberId ?? null,
      move: row.moveId ?? null,
      store: row.storeId ?? null,
    }),
    none: 'nothing was decided yet',
    columns: [
      { title: 'When', cell: ({ timeMs }) => localTime(timeMs, desk.context) },
      { title: 'What', cell: (row) => row.what },
      { title: 'Move', cell: ({ moveId }) => (moveId === undefined ? '' : shortId(moveId)) },
      { title: 'Why', cell: (row) => row.reason },
    ],
  });
}

export function registerMoveActs(command: Command, context: CommandContext): void {
  const desk = new MovesDesk(context);
  command
    .command('run')
    .description('move now what should lie elsewhere, in a network of your own folders')
    .addHelpText('after', RUN_HELP)
    .action(() => run(context));
  for (const [name, isPaused, text] of [
    ['pause', true, 'begin no more moves until further notice'],
    ['resume', false, 'let moves go on'],
  ] as const) {
    command
      .command(name)
      .description(text)
      .action(() => pause(desk, isPaused));
  }
  for (const [verdict, text] of [
    ['approve', 'let a move run that waits above the cap of one feed'],
    ['veto', 'refuse a move: its packs stay where they are'],
  ] as const) {
    command
      .command(verdict)
      .description(text)
      .argument('<move>', 'id, or the beginning of it')
      .action((move: string) => judge(desk, move, verdict));
  }
  registerRegions(command, desk);
  command
    .command('drain')
    .description('empty one of your folders: nothing is written there any more')
    .argument('<store>', 'city, folder, or the beginning of its id')
    .option('--undo', 'let it take copies again')
    .addHelpText('after', DRAIN_HELP)
    .action((name: string, { undo }: { readonly undo?: true }) => drain(desk, name, undo === true));
  command
    .command('log')
    .description('what was decided about moves, and why')
    .option('--latest <n>', 'how many', wholeNumber(1, MAX_LOG), 50)
    .action(({ latest }: { readonly latest: number }) => log(desk, latest));
}

function registerRegions(command: Command, desk: MovesDesk): void {
  for (const [name, rule, text] of [
    ['pin', 'pinned', 'let copies lie only in regions that are pinned'],
    ['forbid', 'forbidden', 'let no copy lie in a region'],
    ['free', 'free', 'take back what was said about a region'],
  ] as const) {
    command
      .command(name)
      .description(text)
      .argument('<region>', 'city, country, power area or operator')
      .addHelpText('after', REGION_HELP)
      .action((region: string) => regions(desk, { region, rule }));
  }
  command
    .command('regions')
    .description('where your copies may lie, as you have said')
    .action(() => regions(desk));
}
