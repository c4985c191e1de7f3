// `kura plan --what-if FILE`: what a disaster would do to the network as it is now. Nothing is changed.
import { readFileSync } from 'node:fs';
import { asKuraError, formatBytes } from '@kura/base';
import type { WhatIfView } from '@kura/contract/wire/endpoints/hazards.ts';
import type { Command } from 'commander';
import { shortId } from '../cli/select.ts';
import { plural } from '../commands/show.ts';
import type { CommandContext } from '../commands/types.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { timeJson } from '../operator/values.ts';
import { paint } from '../output/style.ts';
import { tableLines } from '../output/table.ts';
import { HazardDesk, percent } from './desk.ts';

const HELP = `
The file is JSON, as docs/operate/hazards.md says; two come with Kura. Ends with 22 if
some packs could go nowhere.

Examples:
  kura plan --what-if data/hazards/scenarios/nankai-m8.5.json
  kura plan --what-if data/hazards/scenarios/kanto-blackout.json --json
`;

function record(view: WhatIfView, { output }: CommandContext): void {
  for (const { storeId, city, before, after, stanceBefore, stanceAfter } of view.stores) {
    output.record({
      message_type: 'store',
      store: storeId,
      city,
      stance_before: stanceBefore,
      stance_after: stanceAfter,
      lost_before: before.lost,
      lost_after: after.lost,
      unreachable_before: before.unreachable,
      unreachable_after: after.unreachable,
    });
  }
  for (const member of view.members) {
    output.record({
      message_type: 'member',
      member_id: member.memberId,
      level: member.level,
      packs: member.packs,
      packs_by_copies_hit: member.packsByCopiesHit,
      joint_loss_before: member.jointLossBefore,
      joint_loss_after: member.jointLossAfter,
    });
  }
  for (const move of view.moves) {
    output.record({
      message_type: 'move',
      member_id: move.memberId,
      level: move.level,
      packs: move.packs,
      bytes: move.bytes,
      from: move.from ?? null,
      to: move.to,
      city: move.city,
      state: move.state,
      end: timeJson(move.endMs),
      late: move.isLate,
      reason: move.reason,
    });
  }
  for (const { memberId, packs, reason } of view.unplaced) {
    output.record({ message_type: 'unplaced', member_id: memberId, packs, reason });
  }
  output.record({
    message_type: 'summary',
    title: view.title,
    time: timeJson(view.atMs),
    horizon_hours: view.horizonHours,
    stores: view.stores.length,
    members: view.members.length,
    moves: view.moves.length,
    unplaced: view.unplaced.length,
  });
}

function tellStores({ stores, horizonHours }: WhatIfView, { output }: CommandContext): void {
  if (stores.length === 0) {
    output.line(paint('good', 'no store is any worse off'));
    return;
  }
  const days = Math.round(horizonHours / 24);
  output.line(`stores that are worse off, within ${days} days:`);
  output.lines(
    tableLines<WhatIfView['stores'][number]>(
      [
        { title: 'Store', cell: (row) => row.city },
        { title: 'Stance', cell: (row) => `${row.stanceBefore} → ${row.stanceAfter}` },
        { title: 'Lost', align: 'right', cell: ({ after }) => percent(after.lost) },
        { title: 'Unreachable', align: 'right', cell: ({ after }) => percent(after.unreachable) },
      ],
      stores,
    ),
  );
}

function hitText({ packsByCopiesHit }: WhatIfView['members'][number]): string {
  const hit = packsByCopiesHit.flatMap((packs, copies) =>
    copies === 0 || packs === 0 ? [] : [`${packs} miss ${copies}`],
  );
  return hit.length === 0 ? 'none' : hit.join(', ');
}

function tellMembers({ members }: WhatIfView, { output }: CommandContext): void {
  if (members.length === 0) return;
  output.line('members with packs there:');
  output.lines(
    tableLines<WhatIfView['members'][number]>(
      [
        { title: 'Member', cell: (row) => shortId(row.memberId) },
        { title: 'Level', align: 'right', cell: (row) => String(row.level) },
        { title: 'Packs', align: 'right', cell: (row) => String(row.packs) },
        { title: 'Copies hit', cell: hitText },
        {
          title: 'Lost together, a year',
          cell: (row) =>
            `${row.jointLossBefore.toExponential(1)} → ${row.jointLossAfter.toExponential(1)}`,
        },
      ],
      members,
    ),
  );
}

function tellMoves({ moves, unplaced }: WhatIfView, context: CommandContext): void {
  const { output } = context;
  output.line(
    moves.length === 0 ? 'nothing would move' : `${plural(moves.length, 'move')} would follow:`,
  );
  for (const { packs, bytes, city, reason, isLate, state } of moves) {
    const mark = isLate ? paint('warning', ' late') : state === 'approval' ? ' (approval)' : '';
    output.line(`  ${plural(packs, 'pack')} (${formatBytes(bytes)}) to ${city}${mark}`);
    output.detail(`    ${reason}`);
  }
  for (const { packs, reason } of unplaced) {
    output.line(paint('bad', `  ${plural(packs, 'pack')} could go nowhere: ${reason}`));
  }
}

async function whatIf(desk: HazardDesk, file: string): Promise<void> {
  const view = await desk.look((port) => port.whatIf(readScenario(file)));
  const { context } = desk;
  record(view, context);
  context.output.line(paint('strong', view.title));
  tellStores(view, context);
  tellMembers(view, context);
  tellMoves(view, context);
  if (view.unplaced.length > 0) context.exitWith(EXIT.degraded);
}

function readScenario(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw asKuraError(error, `cannot read the scenario ${file}`);
  }
}

export function register(command: Command, context: CommandContext): void {
  const desk = new HazardDesk(context);
  command
    .description('Shows what a disaster would do to the network as it is now.')
    .requiredOption('--what-if <file>', 'the disaster, as JSON')
    .addHelpText('after', HELP)
    .action(({ whatIf: file }: { readonly whatIf: string }) => whatIf(desk, file));
}
