// What stores tell of their own checks.
import type { Migration } from '@kura/database';

export const scrubReports: Migration = {
  name: 'what stores tell of their own checks',
  statements: ({ bytesType: bytes, integerType: integer, tableSuffix }) => [
    `create table scrub_reports (
       store_id text primary key references stores, told_ms ${integer} not null,
       round_ms ${integer} not null, whole_round_ms ${integer} not null,
       copies_read ${integer} not null, bytes_read ${integer} not null,
       medium_errors ${integer} not null) ${tableSuffix}`,
    `create table scrub_findings (
       store_id text not null references stores, copy_id text not null,
       found_ms ${integer} not null, state text not null, wrong_leaves integer not null,
       unreadable_leaves integer not null, foreign_leaves integer not null, errno text,
       told_ms ${integer} not null, signed ${bytes} not null,
       primary key (store_id, copy_id, found_ms)) ${tableSuffix}`,
    'create index scrub_findings_told on scrub_findings (store_id, told_ms)',
  ],
};
