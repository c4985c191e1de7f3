// When the log took each snapshot: retention counts by it. Of older ones it is what their receipt ends with.
import type { Migration } from '@kura/database';

export const loggedTimes: Migration = {
  name: 'times of the log',
  statements: ({ integerType: integer }) => [
    `alter table snapshots add column logged_ms ${integer}`,
    // A receipt's body is canonical JSON: "timeMs" is its last key, with 13 digits from 2001 to 2286.
    `update snapshots set logged_ms = (
       select cast(substr(body, length(body) - 13, 13) as ${integer}) from receipts
       where receipts.member_id = snapshots.member_id
         and receipts.snapshot_id = snapshots.snapshot_id
         and body like '%"timeMs":_____________}')`,
  ],
};
