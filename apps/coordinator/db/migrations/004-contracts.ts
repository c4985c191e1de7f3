// What a network of several members needs to know of them and of its stores: plans, contracts, accounts, devices,
// certificates, and what it tells them. The level is a row's affair now, no longer the program's.
import type { Migration } from '@kura/database';
import { FIRST_PLANS } from '../../members/first-plans.ts';

const text = (value: string | null): string => (value === null ? 'null' : `'${value}'`);

export const contracts: Migration = {
  name: 'contracts, accounts, certificates',
  statements: ({ bytesType: bytes, integerType: integer, tableSuffix }) => [
    `create table plans (
       plan_id text primary key, levels text, capacity_bytes ${integer}, archives ${integer},
       hours text, uses_per_day ${integer}, fee_minor ${integer} not null,
       currency text not null) ${tableSuffix}`,
    ...FIRST_PLANS.map(
      ({ plan_id, levels, currency }) =>
        `insert into plans (plan_id, levels, fee_minor, currency)
         values (${text(plan_id)}, ${text(levels)}, 0, ${text(currency)})`,
    ),
    `create table contracts (
       member_id text not null references members, from_ms ${integer} not null,
       plan_id text not null references plans, to_ms ${integer}, paid_until_ms ${integer},
       primary key (member_id, from_ms)) ${tableSuffix}`,
    `insert into contracts (member_id, from_ms, plan_id, to_ms, paid_until_ms)
       select member_id, member_since_ms, plan, null, null from members`,
    'alter table members drop column plan',
    `alter table members add column state_since_ms ${integer} not null default 0`,
    `alter table members add column owner_key ${bytes}`,
    `alter table members add column notice_key ${bytes}`,
    `alter table members add column card_key_hash ${bytes}`,
    'alter table members add column mail_address text',
    `alter table network add column login_setup ${bytes}`,
    `alter table stores add column kind text not null default 'folder'`,
    'alter table stores add column reader_address text',
    `alter table stores add column line_mbit ${integer}`,
    `alter table stores add column capacity_bytes ${integer}`,
    `alter table stores add column rank ${integer} not null default 0`,
    'alter table stores add column operator text',
    `create table accounts (
       name text primary key, member_id text not null unique references members,
       record text not null, made_ms ${integer} not null) ${tableSuffix}`,
    `create table logins (
       login_id text primary key, name text not null, state text,
       begun_ms ${integer} not null) ${tableSuffix}`,
    'create index logins_by_name on logins (name, begun_ms)',
    'create index logins_begun on logins (begun_ms)',
    `create table tokens (
       token_id text primary key, secret_hash ${bytes} not null, purpose text not null,
       details text not null, made_by text not null, made_ms ${integer} not null,
       until_ms ${integer} not null, used_ms ${integer}, failures integer not null) ${tableSuffix}`,
    `create table devices (
       member_id text not null references members, device_id text not null,
       public_key ${bytes} not null, name text not null, added_ms ${integer} not null,
       revoked_ms ${integer}, primary key (member_id, device_id)) ${tableSuffix}`,
    `create table certificates (
       serial text primary key, role text not null, subject text not null,
       key_hash ${bytes} not null, issued_ms ${integer} not null, not_after_ms ${integer} not null,
       revoked_ms ${integer}, why text) ${tableSuffix}`,
    'create index certificates_of on certificates (subject, issued_ms)',
    'create index certificates_revoked on certificates (revoked_ms) where revoked_ms is not null',
    `create table grants (
       serial ${integer} primary key, member_id text not null references members,
       store_id text not null references stores, key_hash ${bytes} not null,
       pseudonym text not null, issued_ms ${integer} not null, revoked_ms ${integer})`,
    'create unique index grants_of on grants (member_id, store_id, key_hash)',
    'create index grants_revoked on grants (revoked_ms) where revoked_ms is not null',
    `create table revocations (
       number ${integer} primary key, made_ms ${integer} not null, list ${bytes} not null)`,
    `create table inbox (
       member_id text not null references members, number ${integer} not null, kind text not null,
       body text not null, made_ms ${integer} not null, read_ms ${integer},
       primary key (member_id, number)) ${tableSuffix}`,
    `create table mail (
       member_id text not null, number ${integer} not null, tries integer not null,
       next_ms ${integer}, why text, primary key (member_id, number),
       foreign key (member_id, number) references inbox) ${tableSuffix}`,
    'create index mail_due on mail (next_ms) where next_ms is not null',
    'create index journal_kind on journal (member_id, kind, began_at)',
    'create index journal_began on journal (began_ms)',
    `create index members_closed on members (state_since_ms) where state = 'closed'`,
  ],
};
