// What a coordinator answers to devices about their member's history: heads, what left it by the owner's order, and
// what of it was proved restorable.
import type { CUSTODY_ENDPOINTS } from '@kura/contract/wire/endpoints/custody.ts';
import type { Caller } from '@kura/wire/server/caller.ts';
import type { Handlers } from '@kura/wire/server/handler.ts';
import type { ServiceMember } from '../service-member.ts';

type HistoryHandlers = Pick<
  Handlers<typeof CUSTODY_ENDPOINTS>,
  'snapshots' | 'forgetSnapshots' | 'forgetOrders' | 'noteProof' | 'proofs'
>;

export function historyHandlers(memberOf: (caller: Caller) => ServiceMember): HistoryHandlers {
  return {
    snapshots: async ({ caller, query }) => ({
      snapshots: await memberOf(caller).snapshotPage(query),
    }),
    forgetSnapshots: ({ caller, body }) => memberOf(caller).forgetSnapshots(body.order),
    forgetOrders: async ({ caller, query }) => ({
      orders: await memberOf(caller).forgetOrders(query.after, query.limit),
    }),
    noteProof: ({ caller, params, body }) =>
      memberOf(caller).noteProof({ snapshotId: params.snapshot, ...body }),
    proofs: async ({ caller, query }) => ({ proofs: await memberOf(caller).proofPage(query) }),
  };
}
