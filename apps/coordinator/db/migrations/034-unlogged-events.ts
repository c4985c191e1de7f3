// Events that wait for their leaf, in the order in which they get it: looked for every few seconds, among all that
// there ever were.
import type { Migration } from '@kura/database';

export const unloggedEvents: Migration = {
  name: 'events without a leaf',
  statements: () => [
    'drop index custody_events_due',
    `create index custody_events_unlogged on custody_events (member_id, number)
       where leaf_index is null`,
  ],
};
