// The endpoints of `contract/wire/endpoints/hazards.ts`. An operator sees the whole network, a member the
// table of its own level and its own packs and moves; what happens in the world is nobody's secret.
import type { HAZARD_ENDPOINTS } from '@kura/contract/wire/endpoints/hazards.ts';
import type { Handlers } from '@kura/wire';
import type { Rows } from '../../db/tables.ts';
import type { Network } from '../../network.ts';
import { memberAsking } from '../../serve/callers.ts';
import { viewEvent, viewEvents } from './view-events.ts';
import { viewMoveRows } from './view-moves.ts';
import { viewFeeds, viewPredictions, viewRisk } from './view-risk.ts';
import { whatIf } from './what-if.ts';

export function hazardHandlers(network: Network): Handlers<typeof HAZARD_ENDPOINTS> {
  const { database, clock } = network;
  const read = <Result>(work: (rows: Rows) => Promise<Result>): Promise<Result> =>
    database.read(work);
  return {
    listHazards: ({ caller, query }) => {
      memberAsking(caller);
      return read((rows) => viewEvents(rows, { ...query, nowMs: clock.nowMs() }));
    },
    describeHazard: ({ caller, query }) => {
      memberAsking(caller);
      const id = Buffer.from(query.id).toString('utf8');
      return read((rows) => viewEvent(rows, { id, nowMs: clock.nowMs() }));
    },
    riskTables: async ({ caller, query }) => {
      const own = memberAsking(caller);
      const asked = { ...query, member: own ?? query.member, nowMs: clock.nowMs() };
      return { tables: await read((rows) => viewRisk(rows, asked)) };
    },
    hazardFeeds: async ({ caller }) => {
      memberAsking(caller);
      return { feeds: await read((rows) => viewFeeds(rows, clock.nowMs())) };
    },
    predictions: ({ caller }) => {
      memberAsking(caller);
      return read(viewPredictions);
    },
    listMoves: async ({ caller, query }) => {
      const member = memberAsking(caller);
      return { moves: await read((rows) => viewMoveRows(rows, { ...query, member })) };
    },
    whatIf: ({ caller, body }) => {
      const member = memberAsking(caller);
      return whatIf(network, { scenario: body.scenario, member });
    },
  };
}
