// What the network knows of dangers outlives its programs: events, feeds, stances, risk tables, predictions.
import type { Migration } from '@kura/database';

export const hazards: Migration = {
  name: 'events, feeds, risk tables, predictions',
  statements: ({ integerType: integer, realType: real, tableSuffix }) => [
    `create table hazard_events (
       event_id text primary key, changed_ms ${integer} not null, body text not null) ${tableSuffix}`,
    `create table hazard_superseded (
       number ${integer} primary key, message text not null) ${tableSuffix}`,
    `create table hazard_feeds (
       name text primary key, outcome text not null, asked_ms ${integer} not null,
       good_ms ${integer}, next_ms ${integer} not null, failures integer not null,
       reports integer not null, ignored text not null, problems integer not null, problem text,
       memory text not null) ${tableSuffix}`,
    `create table hazard_messages (
       feed text not null, url text not null, version text not null, attempts integer not null,
       reading text, primary key (feed, url)) ${tableSuffix}`,
    `create table store_power (
       store_id text primary key references stores, since_ms ${integer} not null,
       body text not null) ${tableSuffix}`,
    `create table store_stances (
       store_id text primary key references stores, stance text not null,
       calm_since_ms ${integer}) ${tableSuffix}`,
    `create table risk_rows (
       level integer not null, store_id text not null references stores, at_ms ${integer} not null,
       stance text not null, lost ${real} not null, unreachable ${real} not null,
       lost_per_year ${real} not null, usable_bytes ${integer} not null, causes text not null,
       primary key (level, store_id, at_ms)) ${tableSuffix}`,
    'create index risk_rows_by_time on risk_rows (at_ms)',
    `create table predictions (
       store_id text not null references stores, outcome text not null, kind text not null,
       made_ms ${integer} not null, until_ms ${integer} not null, probability ${real} not null,
       happened integer, primary key (store_id, outcome, kind, made_ms)) ${tableSuffix}`,
    'create index predictions_open on predictions (happened, until_ms)',
    'create index predictions_made on predictions (made_ms)',
  ],
};
