// The endpoints of `contract/wire/endpoints/hazards.ts`. An operator sees the whole network, a member the
// table of its own level and its own packs and moves; what happens in the world is nobody's secret.
import type { MemberId } from '@kura/base';
import { refusal } from '@kura/certificates';
import type { HAZARD_ENDPOINTS } from '@kura/contract/wire/endpoints/hazards.ts';
import type { Caller, Handlers } from '@kura/wire';
import type { Rows } from '../../db/tables.ts';
import type { Network } from '../../network.ts';
import { viewEvent, viewEvents } from './view-events.ts';
import { viewMoveRows } from './view-moves.ts';
import { viewFeeds, viewPredictions, viewRisk } from './view-risk.ts';
import { whatIf } from './what-if.ts';

/** Undefined: an operator, who may see every member's. */
function memberOf(caller: Caller): MemberId | undefined {
  if (caller.kind === 'certified') {
    if (caller.name.role === 'device') return caller.name.member;
    if (caller.name.role === 'operator') return undefined;
  }
  throw refusal('wrong role', 'only an operator or a member may ask this');
}

export function hazardHandlers(network: Network): Handlers<typeof HAZARD_ENDPOINTS> {
  const { database, clock } = network;
  const read = <Result>(work: (rows: Rows) => Promise<Result>): Promise<Result> =>
    database.read(work);
  return {
    listHazards: ({ caller, query }) => {
      memberOf(caller);
      return read((rows) => viewEvents(rows, { ...query, nowMs: clock.nowMs() }));
    },
    describeHazard: ({ caller, query }) => {
      memberOf(caller);
      const id = Buffer.from(query.id).toString('utf8');
      return read((rows) => viewEvent(rows, { id, nowMs: clock.nowMs() }));
    },
    riskTables: async ({ caller, query }) => {
      const own = memberOf(caller);
      const asked = { ...query, member: own ?? query.member, nowMs: clock.nowMs() };
      return { tables: await read((rows) => viewRisk(rows, asked)) };
    },
    hazardFeeds: async ({ caller }) => {
      memberOf(caller);
      return { feeds: await read((rows) => viewFeeds(rows, clock.nowMs())) };
    },
    predictions: ({ caller }) => {
      memberOf(caller);
      return read(viewPredictions);
    },
    listMoves: async ({ caller, query }) => {
      const member = memberOf(caller);
      return { moves: await read((rows) => viewMoveRows(rows, { ...query, member })) };
    },
    whatIf: ({ caller, body }) => {
      const member = memberOf(caller);
      return whatIf(network, { scenario: body.scenario, member });
    },
  };
}
