// Stores that an operator put on hold: the newest order, and how much of it the store has heard.
import type { Migration } from '@kura/database';

export const storeHolds: Migration = {
  name: 'store holds',
  statements: ({ integerType: integer }) => [
    `alter table stores add column hold_number ${integer} not null default 0`,
    'alter table stores add column is_held integer not null default 0',
    `alter table stores add column hold_ms ${integer} not null default 0`,
    'alter table stores add column hold_by text',
    "alter table stores add column hold_why text not null default ''",
    `alter table stores add column hold_heard ${integer} not null default 0`,
  ],
};
