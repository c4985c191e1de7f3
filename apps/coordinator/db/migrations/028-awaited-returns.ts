// Of which members a rebuilt network waits for what their cards know.
import type { Migration } from '@kura/database';

export const awaitedReturns: Migration = {
  name: 'returns that are awaited',
  statements: ({ integerType: integer, tableSuffix }) => [
    `create table awaited_returns (
       member_id text primary key references members, since_ms ${integer} not null) ${tableSuffix}`,
  ],
};
