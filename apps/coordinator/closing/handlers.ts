// The endpoints of `contract/wire/endpoints/closings.ts`: from a call to the function of its noun and back.
import { must } from '@kura/base';
import type { CLOSING_ENDPOINTS } from '@kura/contract/wire/endpoints/closings.ts';
import { transact } from '@kura/database';
import type { Handlers } from '@kura/wire/server/handler.ts';
import type { Service } from '../authority/service.ts';
import type { Rows } from '../db/tables.ts';
import { deviceOf, operatorOf } from '../serve/callers.ts';
import { giveNotice, stopClosing, withdrawConsent } from './closings.ts';
import { keepConsent } from './consents.ts';
import { viewClosings, viewConsent } from './views.ts';

export function closingHandlers({
  network: { database, clock },
  keys: { coordinatorSeed },
}: Pick<Service, 'network' | 'keys'>): Handlers<typeof CLOSING_ENDPOINTS> {
  return {
    ownClosings: ({ caller, query }) => {
      const { member: memberId } = deviceOf(caller);
      return database.read(async (rows) => ({
        consent: await viewConsent({ rows, memberId }),
        closings: await viewClosings(rows, { only: memberId, ...query }),
      }));
    },
    consentToClosing: async ({ caller, body }) => {
      const { member: memberId } = deviceOf(caller);
      await transact(database, (rows: Rows) => keepConsent({ rows, memberId }, body.consent));
    },
    withdrawConsent: async ({ caller, body }) => {
      const { member: memberId } = deviceOf(caller);
      const nowMs = clock.nowMs();
      await transact(database, (rows: Rows) =>
        withdrawConsent({ rows, memberId }, body.withdrawal, nowMs),
      );
    },
    closings: async ({ query }) => ({
      closings: await database.read((rows) => viewClosings(rows, query)),
    }),
    giveNotice: ({ caller, params, body }) => {
      const { member: memberId } = params;
      const order = { ...body, coordinatorSeed, nowMs: clock.nowMs() };
      const operator = operatorOf(caller);
      return transact(database, async (rows: Rows) => {
        await giveNotice({ rows, memberId }, { ...order, operator });
        const [view] = await viewClosings(rows, { only: memberId, limit: 1 });
        return must(view, 'notice was given a moment ago');
      });
    },
    stopClosing: async ({ caller, params }) => {
      const { member: memberId } = params;
      const by = { operator: operatorOf(caller), nowMs: clock.nowMs() };
      await transact(database, (rows: Rows) => stopClosing({ rows, memberId }, by));
    },
  };
}
