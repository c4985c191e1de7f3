// The endpoints of `contract/wire/endpoints/audit.ts`: from a call to the function of its noun and back. How
// stores answer is told to members and operators alike; what was found in whose packs, to their members only.
import type { AUDIT_ENDPOINTS } from '@kura/contract/wire/endpoints/audit.ts';
import { transact } from '@kura/database';
import type { Handlers } from '@kura/wire/server/handler.ts';
import type { Network } from '../network.ts';
import { memberAsking } from '../serve/callers.ts';
import { setBound } from './bounds.ts';
import { hasten } from './calendar.ts';
import { viewAudits, viewFindings, viewSeeds } from './views.ts';

export function auditHandlers(
  { database, clock, charter }: Network,
  auditSecret: Uint8Array,
): Handlers<typeof AUDIT_ENDPOINTS> {
  return {
    auditStatus: ({ caller }) => {
      memberAsking(caller);
      const looking = { nowMs: clock.nowMs(), leafBytes: charter.shape.leafBytes };
      return database.read((rows) => viewAudits(rows, looking));
    },
    auditFindings: async ({ caller, query }) => {
      const asked = { memberId: memberAsking(caller), limit: query.limit };
      return { findings: await database.read((rows) => viewFindings(rows, asked)) };
    },
    auditSeeds: async ({ caller, query }) => {
      memberAsking(caller);
      const asked = { nowMs: clock.nowMs(), limit: query.limit };
      return { seeds: await database.read((rows) => viewSeeds(rows, auditSecret, asked)) };
    },
    hastenAudits: () => transact(database, (rows) => hasten(rows, clock.nowMs())),
    boundAudits: ({ params, body }) =>
      transact(database, (rows) => setBound(rows, params.store, body.bytesPerDay)),
  };
}
