// Addresses of their own at which members want to be called with what their inbox gets.
import type { Migration } from '@kura/database';

export const memberHooks: Migration = {
  name: "members' webhooks",
  statements: ({ integerType: integer, tableSuffix }) => [
    `create table member_hooks (
       member_id text primary key references members, url text, is_on integer not null,
       set_ms ${integer} not null, sets integer not null, sets_ms ${integer} not null,
       sent_number ${integer} not null, next_ms ${integer}, tries integer not null,
       failing_ms ${integer}, why text) ${tableSuffix}`,
    'create index member_hooks_due on member_hooks (next_ms)',
  ],
};
