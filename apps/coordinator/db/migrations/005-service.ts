// What the work of gateways leaves in tables: packs on their way, names of members at stores, how stores have
// done, orders that wait, copies that move, and who does which background work.
import type { Migration } from '@kura/database';

export const service: Migration = {
  name: 'uploads, moves, warrants, leases',
  statements: ({ bytesType: bytes, integerType: integer, realType: real, tableSuffix }) => [
    `alter table stores add column seen_ms ${integer}`,
    `create table uploads (
       member_id text not null references members, pack_id text not null, device_id text not null,
       digest ${bytes} not null, leaf_count integer not null, state text not null,
       gateway_id text not null, holder text not null, claimed_ms ${integer} not null,
       until_ms ${integer} not null, challenge ${bytes}, challenge_store text, record text,
       primary key (member_id, pack_id)) ${tableSuffix}`,
    'create index uploads_claimed on uploads (claimed_ms)',
    // Tickets and warrants name copies, not packs.
    'create index copies_named on copies (member_id, copy_id)',
    `create table store_members (
       store_id text not null references stores, member_id text not null references members,
       pseudonym text not null, copy_key ${bytes}, admission ${bytes},
       primary key (store_id, member_id)) ${tableSuffix}`,
    'create unique index store_members_named on store_members (store_id, pseudonym)',
    `create table store_scores (
       store_id text primary key references stores, failures ${real} not null,
       last_ms ${integer} not null) ${tableSuffix}`,
    `create table gateways (
       gateway_id text primary key, address text not null, seen_ms ${integer} not null) ${tableSuffix}`,
    `create table links (
       store_id text not null references stores, gateway_id text not null,
       seen_ms ${integer} not null, primary key (store_id, gateway_id)) ${tableSuffix}`,
    `create table moves (
       move_id text primary key, member_id text not null references members, pack_id text not null,
       from_store text, to_store text, step text not null, why text not null,
       tries integer not null, next_ms ${integer} not null) ${tableSuffix}`,
    'create index moves_due on moves (next_ms)',
    'create index moves_of on moves (member_id, pack_id)',
    `create table warrants (
       warrant_id text primary key, member_id text not null references members,
       store_id text not null references stores, body ${bytes} not null,
       not_before_ms ${integer} not null, state text not null) ${tableSuffix}`,
    'create index warrants_due on warrants (store_id, state, not_before_ms)',
    'create index warrants_of on warrants (member_id, not_before_ms)',
    `create table notices (
       member_id text not null references members, number ${integer} not null, body text not null,
       state text not null, primary key (member_id, number)) ${tableSuffix}`,
    `create table leases (
       name text primary key, holder text not null, epoch ${integer} not null,
       until_ms ${integer} not null) ${tableSuffix}`,
  ],
};
