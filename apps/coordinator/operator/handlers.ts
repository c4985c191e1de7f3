// The endpoints of `contract/wire/endpoints/operator.ts`: from a call to the function of its noun and back.
import type { OPERATOR_ENDPOINTS } from '@kura/contract/wire/endpoints/operator.ts';
import { Metrics } from '@kura/daemon/metrics.ts';
import { transact } from '@kura/database';
import type { Handlers } from '@kura/wire';
import type { Service } from '../authority/service.ts';
import type { Rows } from '../db/tables.ts';
import { viewImpostorCalls, viewImpostorIncidents } from '../impostors/views.ts';
import { readPlans, setPlan } from '../members/plans.ts';
import { operatorOf } from '../serve/callers.ts';
import {
  changeContract,
  changeHold,
  changeMemberState,
  changeStore,
  invite,
  withdraw,
} from './acts.ts';
import { viewMember, viewMembers } from './member-views.ts';
import { viewCertificates, viewLeases, viewSessions, viewStores } from './views.ts';

/** `metrics`: of the program that answers. */
export function operatorHandlers(
  service: Service,
  metrics: Metrics = new Metrics(),
): Handlers<typeof OPERATOR_ENDPOINTS> {
  const { database, clock, charter } = service.network;
  const { leafBytes } = charter.shape;
  const read = <Result>(work: (rows: Rows) => Promise<Result>): Promise<Result> =>
    database.read(work);
  const act = async (work: (rows: Rows) => Promise<void>): Promise<undefined> => {
    await transact(database, work);
    return undefined;
  };
  const page = () => ({ leafBytes, nowMs: clock.nowMs() });

  return {
    invite: async ({ body, caller }) => {
      const order = { ...body, madeBy: operatorOf(caller) };
      const { token, untilMs } = await transact(database, (rows) => invite(service, rows, order));
      return { ...token, untilMs };
    },
    members: async ({ query }) => ({
      members: await read((rows) => viewMembers(rows, { ...query, ...page() })),
    }),
    member: ({ params }) => read((rows) => viewMember(rows, { only: params.member, ...page() })),
    setMemberState: ({ params, body }) =>
      act((rows) => changeMemberState(service, rows, { memberId: params.member, ...body })),
    setContract: ({ params, body }) =>
      act((rows) => changeContract(service, rows, { memberId: params.member, ...body })),
    plans: async () => ({ plans: await read(readPlans) }),
    setPlan: ({ params, body }) => act((rows) => setPlan(rows, { planId: params.plan, ...body })),
    stores: async () => ({ stores: await read((rows) => viewStores(rows, clock.nowMs())) }),
    setStore: ({ params, body }) =>
      act((rows) => changeStore(service, rows, { storeId: params.store, ...body })),
    setHold: ({ params, body, caller }) => {
      const order = { storeId: params.store, operator: operatorOf(caller), ...body };
      return act((rows) => changeHold(service, rows, order));
    },
    certificates: async ({ query }) => {
      const { after, limit } = query;
      return { certificates: await read((rows) => viewCertificates(rows, { after, limit })) };
    },
    revokeCertificate: ({ params, body }) =>
      act((rows) => withdraw(service, rows, { serial: params.serial, ...body })),
    sessions: async ({ query }) => ({
      sessions: await read((rows) => viewSessions(rows, query.limit)),
    }),
    metrics: async () => ({ text: metrics.text() }),
    impostors: ({ query }) =>
      read(async (rows) => ({
        calls: await viewImpostorCalls(rows, query.limit),
        incidents: await viewImpostorIncidents(rows, query.limit),
      })),
    leases: async () => ({ leases: await read(viewLeases) }),
  };
}
