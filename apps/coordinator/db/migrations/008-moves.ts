// Moves as acts: what was decided about which packs, how far it is, and why; what an operator and an owner have said
// about it. What devices report about copies gets a table of its own.
import type { Migration } from '@kura/database';

export const moves: Migration = {
  name: 'moves, decisions, regions',
  statements: ({ integerType: integer, tableSuffix }) => [
    `create table faults (
       fault_id text primary key, member_id text not null references members,
       pack_id text not null, store_id text not null references stores, why text not null,
       tries integer not null, next_ms ${integer} not null) ${tableSuffix}`,
    'create index faults_due on faults (next_ms)',
    'create index faults_of on faults (member_id, pack_id)',
    `insert into faults (fault_id, member_id, pack_id, store_id, why, tries, next_ms)
       select move_id, member_id, pack_id, from_store, why, tries, next_ms from moves
       where from_store is not null`,
    'drop table moves',
    `create table moves (
       move_id text primary key, plan_id text not null,
       member_id text not null references members, kind text not null, cause text not null,
       priority integer not null, from_store text, to_store text, leave_store text,
       level integer not null, packs integer not null, bytes ${integer} not null,
       packs_done integer not null, bytes_done ${integer} not null, packs_failed integer not null,
       state text not null, is_late integer not null, is_confirmed integer not null,
       word text not null, reason text not null, note text not null,
       made_ms ${integer} not null, start_ms ${integer}, end_ms ${integer}, harm_ms ${integer},
       started_ms ${integer}, ended_ms ${integer}) ${tableSuffix}`,
    'create index moves_in_state on moves (state, priority)',
    'create index moves_made on moves (made_ms)',
    'create index moves_of on moves (member_id, made_ms)',
    `create table move_packs (
       member_id text not null references members, pack_id text not null,
       store_id text not null references stores, move_id text not null references moves,
       size_bytes ${integer} not null, step text not null, tries integer not null,
       next_ms ${integer} not null, why text not null, warrant_id text,
       primary key (member_id, pack_id, store_id)) ${tableSuffix}`,
    'create index move_packs_due on move_packs (step, next_ms)',
    'create index move_packs_of on move_packs (move_id, step, next_ms)',
    `create table decisions (
       number ${integer} primary key, time_ms ${integer} not null, what text not null,
       member_id text, move_id text, store_id text, reason text not null) ${tableSuffix}`,
    `create table move_orders (
       number integer primary key, is_paused integer not null, word text not null,
       since_ms ${integer} not null) ${tableSuffix}`,
    `insert into move_orders (number, is_paused, word, since_ms) values (1, 0, '', 0)`,
    `create table member_regions (
       member_id text not null references members, region text not null, rule text not null,
       primary key (member_id, region)) ${tableSuffix}`,
    `alter table packs add column moved_ms ${integer}`,
    `alter table packs add column retired_ms ${integer}`,
    `alter table copies add column added_ms ${integer}`,
    'update copies set added_ms = acknowledged_ms',
  ],
};
