// The port of removals over the tables of an embedded network. Terms whose time has come are carried out before
// anything is shown: no other program does it.
import { KuraError } from '@kura/base';
import type { Network } from '@kura/coordinator/network.ts';
import { makeWayBack, revokeRemoval } from '@kura/coordinator/removal/revoke.ts';
import {
  carryOutTimedOrders,
  keepTimedOrder,
  revokeTimedOrder,
} from '@kura/coordinator/removal/timers.ts';
import { viewForgotten, viewRemovals } from '@kura/coordinator/removal/views.ts';
import { transact } from '@kura/database';
import type { RemovalsPort } from './port.ts';

export function localRemovals({ database, charter, clock }: Network): RemovalsPort {
  const { memberId, shape } = charter;
  const nowMs = (): number => clock.nowMs();
  return {
    list: (limit) =>
      transact(database, async (rows) => {
        await carryOutTimedOrders(rows, { memberId, nowMs: nowMs() });
        return viewRemovals({ rows, memberId }, { limit, leafBytes: shape.leafBytes });
      }),
    revoke: (id) => transact(database, (rows) => revokeRemoval({ rows, memberId }, id, nowMs())),
    makeWayBack: (id) =>
      transact(database, async (rows) =>
        viewForgotten(await makeWayBack({ rows, memberId }, id, nowMs())),
      ),
    setTerm: (order) =>
      transact(database, (rows) => keepTimedOrder({ rows, memberId }, order, nowMs())),
    closings: async () => ({ consent: undefined, closings: [] }),
    consent: refuseClosings,
    withdraw: refuseClosings,
    endTerm: (id) => transact(database, (rows) => revokeTimedOrder({ rows, memberId }, id)),
  };
}

async function refuseClosings(): Promise<never> {
  throw new KuraError('unsupported', 'in a network of your own nobody else could remove anything');
}
