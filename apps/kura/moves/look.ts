// `kura moves list` and `show`: what is on its way, from where to where, in time or not, and why.
import { formatBytes, KuraError } from '@kura/base';
import { MAX_MOVES_SHOWN, type MoveView } from '@kura/contract/wire/endpoints/hazards.ts';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { shortId } from '../cli/select.ts';
import type { CommandContext } from '../commands/types.ts';
import { HazardDesk, storeNames } from '../hazards/desk.ts';
import { timeJson } from '../operator/values.ts';
import type { Json } from '../output/output.ts';
import { paint } from '../output/style.ts';

const LIST_HELP = `
Open moves come first, in the order in which they go. A member sees its own.

Examples:
  kura moves list
  kura moves list --all --latest 100 --json
`;

const SHOW_HELP = `
Examples:
  kura moves show 5f1c
`;

function moveJson(move: MoveView): Record<string, Json> {
  return {
    move_id: move.moveId,
    member_id: move.memberId,
    kind: move.kind,
    cause: move.cause,
    state: move.state,
    level: move.level,
    from: move.from ?? null,
    to: move.to ?? null,
    leave: move.leave ?? null,
    packs: move.packs,
    packs_done: move.packsDone,
    bytes: move.bytes,
    bytes_done: move.bytesDone,
    late: move.isLate,
    word: move.word,
    reason: move.reason,
    note: move.note,
    made: timeJson(move.madeMs),
    start: timeJson(move.startMs),
    end: timeJson(move.endMs),
    harm: timeJson(move.harmMs),
    started: timeJson(move.startedMs),
    ended: timeJson(move.endedMs),
  };
}

function stateText({ state, isLate }: MoveView): string {
  const isOpen = ['planned', 'approval', 'running'].includes(state);
  return isOpen && isLate ? paint('bad', `${state}, late`) : state;
}

function wayText(move: MoveView, nameOf: (storeId: string) => string): string {
  const name = (storeId: string | undefined): string =>
    storeId === undefined ? '' : nameOf(storeId);
  if (move.kind === 'retire') return `from ${name(move.leave)}`;
  return move.from === undefined ? `to ${name(move.to)}` : `${name(move.from)} → ${name(move.to)}`;
}

interface ListOptions {
  readonly all?: true;
  readonly latest: number;
}

async function readMoves(desk: HazardDesk, asked: { all: boolean; limit: number; id?: string }) {
  return await desk.look(async (port) => {
    const { all, limit, id } = asked;
    const moves = await port.moves({ which: all ? 'all' : 'open', limit, id });
    const tables = await port.tables({});
    return { moves, nameOf: storeNames(tables.flatMap(({ rows }) => rows)) };
  });
}

async function list(desk: HazardDesk, { all, latest }: ListOptions): Promise<void> {
  const { moves, nameOf } = await readMoves(desk, { all: all === true, limit: latest });
  desk.list<MoveView>({
    rows: moves,
    json: moveJson,
    none: 'nothing is on its way',
    columns: [
      { title: 'Move', cell: (move) => shortId(move.moveId) },
      { title: 'What', cell: (move) => `${move.kind}, ${move.cause}` },
      { title: 'State', cell: stateText },
      { title: 'Way', cell: (move) => wayText(move, nameOf) },
      { title: 'Packs', align: 'right', cell: (move) => `${move.packsDone}/${move.packs}` },
      { title: 'Size', align: 'right', cell: (move) => formatBytes(move.bytes) },
      { title: 'Ends', cell: (move) => desk.time(move.endedMs ?? move.endMs) },
    ],
  });
}

async function show(desk: HazardDesk, id: string): Promise<void> {
  const { moves, nameOf } = await readMoves(desk, { all: true, limit: 2, id });
  const [move, other] = moves;
  if (move === undefined || other !== undefined) {
    const message =
      move === undefined ? `there is no move "${id}"` : `"${id}" may be several moves`;
    throw new KuraError('not_found', message, { guidance: 'See `kura moves list --all`.' });
  }
  const { output } = desk.context;
  output.record(moveJson(move));
  output.line(paint('strong', `${move.kind} for ${move.cause}: ${wayText(move, nameOf)}`));
  const facts: readonly (readonly [string, string])[] = [
    ['state', stateText(move)],
    ['why', move.reason],
    ['whose word', move.word],
    ['how it goes', move.note],
    ['packs', `${move.packsDone} of ${move.packs}, level ${move.level}`],
    ['size', `${formatBytes(move.bytesDone)} of ${formatBytes(move.bytes)}`],
    ['planned', [desk.time(move.startMs), desk.time(move.endMs)].filter(Boolean).join(' to ')],
    ['harm comes', desk.time(move.harmMs)],
    ['began', desk.time(move.startedMs)],
    ['ended', desk.time(move.endedMs)],
  ];
  for (const [name, value] of facts) if (value !== '') output.line(`  ${name.padEnd(12)}${value}`);
}

export function registerMoveLook(command: Command, context: CommandContext): void {
  const desk = new HazardDesk(context);
  command
    .command('list', { isDefault: true })
    .description('show what is on its way')
    .option('--all', 'what is done or was dropped as well')
    .option('--latest <n>', 'how many', wholeNumber(1, MAX_MOVES_SHOWN), 50)
    .addHelpText('after', LIST_HELP)
    .action((options: ListOptions) => list(desk, options));
  command
    .command('show')
    .description('show one move: why, how far, in time or not')
    .argument('<move>', 'id, or its beginning')
    .addHelpText('after', SHOW_HELP)
    .action((id: string) => show(desk, id));
}
