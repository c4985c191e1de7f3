// The tables of an embedded network as they were first: one member, one network.
import type { Migration } from '@kura/database';

export const founding: Migration = {
  name: 'network, custody, log',
  statements: ({ bytesType: bytes, integerType: integer, realType: real, tableSuffix }) => [
    `create table network (
       number integer primary key check (number = 1),
       member_id text not null, shape text not null, copies integer not null,
       removal_delay_ms ${integer} not null,
       log_origin text not null, log_public_key ${bytes} not null, ticks ${integer} not null)`,
    `create table members (
       member_id text primary key, plan text not null, member_since_ms ${integer} not null,
       own_level integer not null, home_name text not null, home_lat ${real} not null,
       home_lon ${real} not null, home_power_area text not null) ${tableSuffix}`,
    `create table stores (
       store_id text primary key, number ${integer} not null unique,
       public_key ${bytes} not null, suite text not null,
       inventory_epoch ${integer} not null, city text not null, lat ${real} not null,
       lon ${real} not null, power_area text not null, state text not null, location text not null,
       base_risk ${real} not null, free_bytes ${integer} not null,
       minimum_level integer not null) ${tableSuffix}`,
    `create table store_changes (
       number ${integer} primary key, store_id text not null references stores,
       time_ms ${integer} not null, what text not null)`,
    `create table packs (
       pack_id text primary key, leaf_count integer not null, state text not null,
       marked_at ${integer}, marked_ms ${integer}, recorded_ms ${integer} not null,
       check ((state = 'standing') = (marked_at is null))) ${tableSuffix}`,
    `create table dropped_packs (
       pack_id text primary key, dropped_ms ${integer} not null) ${tableSuffix}`,
    `create table copies (
       pack_id text not null references packs, store_id text not null references stores,
       copy_id text not null, root ${bytes} not null, state text not null, reason text not null,
       acknowledged_ms ${integer}, signature ${bytes},
       primary key (pack_id, store_id)) ${tableSuffix}`,
    `create table sessions (
       session_id text primary key, kind text not null, began_at ${integer} not null,
       renewed_ms ${integer} not null, host text not null, boot text not null,
       pid_space text not null, pid ${integer} not null, started text not null) ${tableSuffix}`,
    `create table journal (
       session_id text primary key, kind text not null, began_at ${integer} not null unique,
       began_ms ${integer} not null, ended_ms ${integer}, outcome text not null,
       figures text not null) ${tableSuffix}`,
    `create table snapshots (
       snapshot_id text primary key, pack_id text not null, predecessor text,
       time_ms ${integer} not null, leaf_index ${integer} not null unique,
       committed_at ${integer} not null) ${tableSuffix}`,
    `create table receipts (
       snapshot_id text primary key, leaf_index ${integer} not null unique, body text not null,
       inclusion_proof text not null, checkpoint text not null) ${tableSuffix}`,
    `create table log_entries (leaf_index ${integer} primary key, entry_hash ${bytes} not null)`,
    `create table log_frontier (
       number integer primary key check (number = 1), size ${integer} not null,
       peaks ${bytes} not null, checkpoint text not null)`,
  ],
};
