// By what number a store's shelf is known again.
import type { Migration } from '@kura/database';

export const storeMarks: Migration = {
  name: 'marks of inventories',
  statements: ({ integerType: integer, tableSuffix }) => [
    `create table store_marks (
       store_id text primary key references stores, given ${integer} not null,
       known ${integer} not null, given_ms ${integer} not null) ${tableSuffix}`,
  ],
};
