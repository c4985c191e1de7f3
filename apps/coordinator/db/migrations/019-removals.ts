// Removal that can be taken back, that is confirmed, and that has a date.
import type { Migration } from '@kura/database';

const MEMBER = 'member_id text not null references members';

export const removals: Migration = {
  name: 'removals',
  statements: ({ bytesType: bytes, integerType: integer, tableSuffix }) => [
    `create table removals (
       ${MEMBER}, removal_id text not null, state text not null, ordered_ms ${integer} not null,
       ordered_at ${integer} not null, due_ms ${integer} not null, ended_ms ${integer},
       packs integer not null, leaves ${integer} not null, pack_set_root text not null,
       primary key (member_id, removal_id)) ${tableSuffix}`,
    `create table removal_stores (
       ${MEMBER}, removal_id text not null, store_id text not null references stores,
       warrant_id text not null, confirmed_ms ${integer}, confirmation ${bytes},
       primary key (member_id, removal_id, store_id)) ${tableSuffix}`,
    'create unique index removal_stores_warrant on removal_stores (warrant_id)',
    `create table removed_packs (
       ${MEMBER}, pack_id text not null, removal_id text not null, leaf_count integer not null,
       recorded_ms ${integer} not null, primary key (member_id, removal_id, pack_id)) ${tableSuffix}`,
    `create table removed_copies (
       ${MEMBER}, pack_id text not null, store_id text not null references stores,
       removal_id text not null, copy_id text not null, root ${bytes} not null, state text not null,
       reason text not null, added_ms ${integer}, acknowledged_ms ${integer}, signature ${bytes},
       primary key (member_id, removal_id, pack_id, store_id)) ${tableSuffix}`,
    `create table forgotten_snapshots (
       ${MEMBER}, snapshot_id text not null, pack_id text not null, predecessor text,
       time_ms ${integer} not null, leaf_index ${integer} not null, logged_ms ${integer},
       forgotten_ms ${integer} not null, forgotten_at ${integer} not null,
       primary key (member_id, snapshot_id)) ${tableSuffix}`,
    `create table timed_orders (
       ${MEMBER}, order_hash text not null, due_ms ${integer} not null, made_ms ${integer} not null,
       body ${bytes} not null, primary key (member_id, order_hash)) ${tableSuffix}`,
    'create index timed_orders_due on timed_orders (due_ms)',
  ],
};
