// Removal by the operator: consents, notices, and what stores know of them.
import type { Migration } from '@kura/database';

export const closings: Migration = {
  name: 'closings',
  statements: ({ bytesType: bytes, integerType: integer, tableSuffix }) => [
    `create table closing_consents (
       member_id text primary key references members, consent ${bytes}, days integer,
       signed_ms ${integer}, withdrawal ${bytes}, withdrawn_ms ${integer}) ${tableSuffix}`,
    `create table closings (
       member_id text not null references members, closing_id text not null, state text not null,
       operator text not null, consent ${bytes} not null, days integer not null,
       given_ms ${integer} not null, ends_ms ${integer} not null, warned_ms ${integer},
       ended_ms ${integer}, why text, primary key (member_id, closing_id)) ${tableSuffix}`,
    `create index closings_open on closings (state) 
       where state in ('notice', 'ordering', 'carrying')`,
    `create table closing_stores (
       member_id text not null references members, store_id text not null references stores,
       pseudonym text not null, notice ${bytes}, withdrawal ${bytes}, held_ms ${integer} not null,
       ready_ms ${integer}, next_ms ${integer}, primary key (member_id, store_id)) ${tableSuffix}`,
    'create index closing_stores_due on closing_stores (store_id, next_ms)',
    'alter table removals add column closing_id text',
  ],
};
