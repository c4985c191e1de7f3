// The endpoints of `contract/wire/endpoints/validity.ts`: a member sees its statements and objects to one; an operator
// sees how each stands.
import { KuraError } from '@kura/base';
import type { VALIDITY_ENDPOINTS } from '@kura/contract/wire/endpoints/validity.ts';
import { transact } from '@kura/database';
import type { Handlers } from '@kura/wire/server/handler.ts';
import type { Network } from '../network.ts';
import { deviceOf, memberAsking } from '../serve/callers.ts';
import { objectTo } from './object.ts';
import { readStatement, viewValidity } from './views.ts';

export function validityHandlers({
  database,
  clock,
}: Network): Handlers<typeof VALIDITY_ENDPOINTS> {
  return {
    validityAudits: async ({ caller, query }) => {
      const asked = { memberId: memberAsking(caller), limit: query.limit };
      return { audits: await database.read((rows) => viewValidity(rows, asked)) };
    },
    validityStatement: async ({ caller, params }) => {
      const { member: memberId } = deviceOf(caller);
      const found = await database.read((rows) =>
        readStatement({ rows, memberId }, params.statement),
      );
      if (found !== undefined) return found;
      throw new KuraError('not_found', `there is no statement ${params.statement} yet`, {
        guidance: 'See `kura audit validity`.',
      });
    },
    objectToStatement: async ({ caller, params, body }) => {
      const { member: memberId } = deviceOf(caller);
      const objecting = { number: params.statement, text: body.text, nowMs: clock.nowMs() };
      await transact(database, (rows) => objectTo({ rows, memberId }, objecting));
      return undefined;
    },
  };
}
