// The endpoints of `contract/wire/endpoints/removals.ts`: from a call to the function of its noun and back.
import type { REMOVAL_ENDPOINTS } from '@kura/contract/wire/endpoints/removals.ts';
import { transact } from '@kura/database';
import type { Caller } from '@kura/wire/server/caller.ts';
import type { Handlers } from '@kura/wire/server/handler.ts';
import type { MemberRows, Rows } from '../db/tables.ts';
import type { Network } from '../network.ts';
import { deviceOf } from '../serve/callers.ts';
import { makeWayBack, revokeRemoval } from './revoke.ts';
import { keepTimedOrder, revokeTimedOrder } from './timers.ts';
import { viewForgotten, viewRemovals } from './views.ts';

export function removalHandlers({
  database,
  clock,
  charter,
}: Network): Handlers<typeof REMOVAL_ENDPOINTS> {
  const { leafBytes } = charter.shape;
  const change = <Result>(caller: Caller, work: (of: MemberRows) => Promise<Result>) =>
    transact(database, (rows: Rows) => work({ rows, memberId: deviceOf(caller).member }));
  return {
    removals: ({ caller, query }) => {
      const { member: memberId } = deviceOf(caller);
      return database.read((rows) => viewRemovals({ rows, memberId }, { ...query, leafBytes }));
    },
    revokeRemoval: ({ caller, params }) =>
      change(caller, (of) => revokeRemoval(of, params.removal, clock.nowMs())),
    recallSnapshot: ({ caller, params }) =>
      change(caller, async (of) =>
        viewForgotten(await makeWayBack(of, params.snapshot, clock.nowMs())),
      ),
    setTerm: ({ caller, body }) =>
      change(caller, (of) => keepTimedOrder(of, body.order, clock.nowMs())),
    endTerm: ({ caller, params }) => change(caller, (of) => revokeTimedOrder(of, params.term)),
  };
}
