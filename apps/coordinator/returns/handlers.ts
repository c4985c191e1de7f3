// What a coordinator answers to a card that gives back what a rebuilt network does not know (docs/design/rebuild.md).
// It stays open when nothing is awaited any more: another device of the member may know more.
import type { MemberId } from '@kura/base';
import type { RETURN_ENDPOINTS } from '@kura/contract/wire/endpoints/returns.ts';
import { transact } from '@kura/database';
import type { Handlers } from '@kura/wire/server/handler.ts';
import type { MemberRows } from '../db/tables.ts';
import type { Network } from '../network.ts';
import { noteNoticesUpTo } from '../notices/make-notices.ts';
import { deviceOf } from '../serve/callers.ts';
import { endAwaiting } from './awaited.ts';
import { takeEvents } from './returned-events.ts';
import { takeSnapshots } from './returned-snapshots.ts';

export interface ReturnParts {
  readonly network: Network;
  readonly noticeKeyOf: (member: MemberId) => Uint8Array;
}

export function returnHandlers({
  network,
  noticeKeyOf,
}: ReturnParts): Handlers<typeof RETURN_ENDPOINTS> {
  const { database, charter } = network;
  const change = <T>(memberId: MemberId, work: (of: MemberRows) => Promise<T>): Promise<T> =>
    transact(database, (rows) => work({ rows, memberId }));
  return {
    returnHistory: ({ caller, body }) =>
      change(deviceOf(caller).member, async (of) => {
        const { origin } = charter.log;
        const { taken, refused } = await takeSnapshots(of, body.snapshots, origin);
        return { snapshots: taken, refused, events: await takeEvents(of, body.events, origin) };
      }),
    endReturns: ({ caller, body }) =>
      change(deviceOf(caller).member, async (of) => {
        const nameKey = noticeKeyOf(of.memberId);
        await noteNoticesUpTo(of, { number: body.notices, nameKey, nowMs: network.clock.nowMs() });
        await endAwaiting(of);
      }),
  };
}
