// What audits ask, what waits, and what they found.
import type { Migration } from '@kura/database';

const COPY = `member_id text not null references members, pack_id text not null,
       store_id text not null references stores`;

export const audits: Migration = {
  name: 'audits',
  statements: ({ bytesType: bytes, integerType: integer, realType: real, tableSuffix }) => [
    `create table audit_state (
       number integer primary key, began_ms ${integer} not null, day_ms ${integer} not null,
       round integer not null, round_began_ms ${integer} not null, round_day integer not null,
       slot integer not null, after_member text, after_pack text) ${tableSuffix}`,
    `create table audit_seeds (day integer primary key, checkpoint text not null) ${tableSuffix}`,
    `create table audit_questions (
       store_id text not null references stores, day integer not null, part integer not null,
       due_ms ${integer} not null, excuses integer not null, leaves text not null,
       primary key (store_id, day, part)) ${tableSuffix}`,
    'create index audit_questions_due on audit_questions (due_ms)',
    `create table audit_pairs (
       ${COPY}, pair_id text not null, answer_hash ${bytes} not null, made_ms ${integer} not null,
       primary key (member_id, pack_id, store_id)) ${tableSuffix}`,
    `create table audit_waits (
       ${COPY}, kind text not null, excuses integer not null, next_ms ${integer} not null,
       why text not null, primary key (member_id, pack_id, store_id)) ${tableSuffix}`,
    'create index audit_waits_due on audit_waits (next_ms)',
    `create table audit_days (
       store_id text not null references stores, day integer not null, ok integer not null,
       wrong integer not null, missing integer not null, unreadable integer not null,
       refused integer not null, late integer not null, unknown integer not null,
       offline integer not null, leaf_bytes ${integer} not null, compare_bytes ${integer} not null,
       full_read_bytes ${integer} not null, copies_proved integer not null,
       primary key (store_id, day)) ${tableSuffix}`,
    `create table audit_standings (
       store_id text primary key references stores, wrong_memory ${real} not null,
       excuse_memory ${real} not null, bound_bytes ${integer}) ${tableSuffix}`,
    `create table audit_findings (
       number ${integer} primary key, time_ms ${integer} not null, ${COPY}, copy_id text not null,
       class text not null, source text not null, leaf integer, first_bit integer, bits integer,
       blocks integer) ${tableSuffix}`,
    'create index audit_findings_of on audit_findings (member_id, pack_id)',
    'create index packs_by_id on packs (pack_id, member_id)',
  ],
};
