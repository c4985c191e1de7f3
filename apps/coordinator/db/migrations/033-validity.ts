// Audits of all that a member has, once a month, and the statements of them.
import type { Migration } from '@kura/database';

export const validity: Migration = {
  name: 'validity audits',
  statements: ({ integerType: integer, tableSuffix }) => [
    `create table validity_audits (
       member_id text not null references members, number integer not null,
       from_ms ${integer} not null, until_ms ${integer} not null, attempt integer not null,
       state text not null, began_ms ${integer} not null, after_pack text,
       deadline_ms ${integer} not null, object_until_ms ${integer}, objections text not null,
       primary key (member_id, number)) ${tableSuffix}`,
    'create index validity_audits_of on validity_audits (state)',
    `create table validity_statements (
       member_id text not null references members, number integer not null,
       attempt integer not null, made_ms ${integer} not null, result text not null,
       body text not null, body_hash text not null, event integer,
       primary key (member_id, number, attempt)) ${tableSuffix}`,
  ],
};
