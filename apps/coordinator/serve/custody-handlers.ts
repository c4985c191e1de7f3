// What a coordinator answers to devices about their packs and snapshots: the endpoint table on one side, the
// coordinator of the caller's member on the other. Who that is follows from the certificate, never from a body.
import { type AlarmClock, KuraError, MINUTE_MS } from '@kura/base';
import { type DestroyPackWarrant, signTicket } from '@kura/contract';
import { decodeCommit } from '@kura/contract/wire/commit-body.ts';
import {
  type CUSTODY_ENDPOINTS,
  MAX_PACKS_PER_CALL,
} from '@kura/contract/wire/endpoints/custody.ts';
import { decodeWarrants } from '@kura/contract/wire/warrant-list.ts';
import type { Caller } from '@kura/wire/server/caller.ts';
import type { Handlers } from '@kura/wire/server/handler.ts';
import type { Network } from '../network.ts';
import { ServiceMember } from '../service-member.ts';
import type { AdmittingKeys } from '../stores/admissions.ts';
import { deviceOf } from './callers.ts';
import { historyHandlers } from './history-handlers.ts';
import { WholeBodies } from './whole-bodies.ts';

export interface CustodyParts {
  readonly network: Network;
  readonly keys: AdmittingKeys;
  /** Ed25519 seed of tickets. */
  readonly ticketSeed: Uint8Array;
  readonly clock: AlarmClock;
}

const TICKET_MS = 10 * MINUTE_MS;

export function custodyHandlers(parts: CustodyParts): Handlers<typeof CUSTODY_ENDPOINTS> {
  const { network, keys, ticketSeed, clock } = parts;
  const bodies = new WholeBodies(clock);
  const memberOf = (caller: Caller): ServiceMember => {
    const { member, device } = deviceOf(caller);
    return new ServiceMember({ network, keys, memberId: member, deviceId: device });
  };
  return {
    beginSession: ({ caller, params, body: { kind, level: cardLevel } }) =>
      memberOf(caller).begin({ sessionId: params.session, kind, cardLevel }),
    renewSession: ({ caller, params }) => memberOf(caller).renewSession(params.session),
    endSession: ({ caller, params, body }) =>
      memberOf(caller).endSession(params.session, body.outcome),
    noteSession: ({ caller, params, body }) =>
      memberOf(caller).noteSession(params.session, body.line),

    changedPacks: ({ caller, query }) => memberOf(caller).changedPacks(query.since, query.limit),
    describePack: async ({ caller, params }) =>
      (await memberOf(caller).pack(params.pack)) ?? notFound(`pack ${params.pack}`),
    recordPacks: ({ caller, body }) => memberOf(caller).recordStored(body.sessionId, body.packs),
    markPacks: ({ caller, body }) => memberOf(caller).markPacks(body.packs),
    unmarkPacks: ({ caller, body }) => memberOf(caller).unmarkPacks(body.packs),
    condemnPacks: async ({ caller, body }) => {
      return { packs: await memberOf(caller).condemnOrdered(body) };
    },
    releaseNotices: ({ caller, body }) => memberOf(caller).releaseNotices(body),
    rescuePack: async ({ caller, params, body }) => ({
      isInTime: await memberOf(caller).rescuePack(body.sessionId, params.pack),
    }),
    reportFault: ({ caller, params, body }) =>
      memberOf(caller).reportFault(params.pack, body.storeId, body.why),

    commitSnapshot: async ({ caller, query, body, signal }) => {
      const { session } = query;
      const member = memberOf(caller);
      await member.mayCommit(session);
      const arriving = { member: member.memberId, body, signal };
      const receipt = await bodies.take(arriving, (bytes) =>
        query.hangUp === 'early'
          ? member.commitLater(session, decodeCommit(bytes))
          : member.commitOnce(session, decodeCommit(bytes)),
      );
      return { receipt };
    },
    ...historyHandlers(memberOf),
    receipt: async ({ caller, params }) =>
      (await memberOf(caller).receipt(params.snapshot)) ??
      notFound(`a receipt of snapshot ${params.snapshot}`),

    tickets: async ({ caller, body }) => {
      await memberOf(caller).mayRead(body.copies);
      const { keyHash } = deviceOf(caller);
      const fromMs = network.clock.nowMs();
      const untilMs = fromMs + TICKET_MS;
      const tickets = body.copies.map((copy) =>
        signTicket({ ...copy, keyHash, fromMs, untilMs }, ticketSeed),
      );
      return { tickets };
    },
    orderRemoval: async ({ caller, body, signal }) => {
      const member = memberOf(caller);
      const arriving = { member: member.memberId, body, signal };
      await bodies.take(arriving, (bytes) => member.orderRemoval(decodeOrders(bytes)));
    },
  };
}

function notFound(what: string): never {
  throw new KuraError('not_found', `${what} is not known here`);
}

function decodeOrders(bytes: Uint8Array): readonly DestroyPackWarrant[] {
  const warrants = decodeWarrants(bytes, MAX_PACKS_PER_CALL);
  return warrants.map((warrant) => (warrant.kind === 'destroy-pack' ? warrant : refuseKind()));
}

function refuseKind(): never {
  throw new KuraError('refused', 'a device orders removal with warrants of its owner only', {
    context: { reason: 'warrant' },
  });
}
