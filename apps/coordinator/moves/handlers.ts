// The endpoints of `contract/wire/endpoints/moves.ts`: from a call to the function of its noun and back.
import type { MOVE_ENDPOINTS } from '@kura/contract/wire/endpoints/moves.ts';
import { transact } from '@kura/database';
import type { Caller } from '@kura/wire/server/caller.ts';
import type { Handlers } from '@kura/wire/server/handler.ts';
import type { MemberRows, Rows } from '../db/tables.ts';
import type { Network } from '../network.ts';
import { deviceOf, operatorOf } from '../serve/callers.ts';
import { approveMove, setPause, vetoMove } from './orders.ts';
import { readRegions, setRegion } from './regions.ts';
import { viewDecisions, viewDrainage } from './views.ts';

export function moveHandlers({
  database,
  clock,
  charter,
}: Network): Handlers<typeof MOVE_ENDPOINTS> {
  const of = (rows: Rows, caller: Caller): MemberRows => {
    return { rows, memberId: deviceOf(caller).member };
  };
  const order = (caller: Caller) => ({
    word: `operator ${operatorOf(caller)}`,
    nowMs: clock.nowMs(),
  });
  return {
    regions: ({ caller }) => database.read((rows) => readRegions(of(rows, caller))),
    setRegion: ({ caller, body: { region, rule } }) => {
      const wish = { region, rule: rule === 'free' ? undefined : rule };
      return transact(database, (rows) => setRegion(of(rows, caller), wish, charter.copies));
    },
    pauseMoves: ({ caller, body }) =>
      transact(database, (rows) => setPause(rows, body.isPaused, order(caller))),
    judgeMove: ({ caller, params, body }) => {
      const judge = body.verdict === 'approve' ? approveMove : vetoMove;
      return transact(database, (rows) => judge(rows, params.move, order(caller)));
    },
    drainage: ({ params }) =>
      database.read((rows) => viewDrainage(rows, params.store, charter.shape.leafBytes)),
    decisions: async ({ query }) => ({
      decisions: await database.read((rows) => viewDecisions(rows, query.limit)),
    }),
  };
}
