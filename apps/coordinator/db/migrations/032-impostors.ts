// Who calls with a certificate that does not open the door, and what the operator is told of it.
import type { Migration } from '@kura/database';

export const impostors: Migration = {
  name: 'impostors',
  statements: ({ integerType: integer, tableSuffix }) => [
    `create table impostor_calls (
       day integer not null, address text not null, store_id text not null, reason text not null,
       calls ${integer} not null, first_ms ${integer} not null, last_ms ${integer} not null,
       primary key (day, address, store_id, reason)) ${tableSuffix}`,
    'create index impostor_calls_of on impostor_calls (store_id, day)',
    `create table impostor_incidents (
       incident_id text primary key, kind text not null, subject text not null,
       opened_ms ${integer} not null, facts text not null, tries integer not null,
       next_ms ${integer}, why text) ${tableSuffix}`,
    'create index impostor_incidents_of on impostor_incidents (subject, opened_ms)',
    'create index impostor_incidents_due on impostor_incidents (next_ms)',
  ],
};
