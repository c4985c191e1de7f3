// A store that is away counts for a while, so the tables know since when.
import type { Migration } from '@kura/database';

export const absences: Migration = {
  name: 'since when a store is away',
  statements: ({ integerType: integer }) => [
    `alter table stores add column away_since_ms ${integer}`,
  ],
};
