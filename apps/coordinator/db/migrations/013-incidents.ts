// What was seen of copies that are not as they should be.
import type { Migration } from '@kura/database';

export const incidents: Migration = {
  name: 'incidents and what was seen',
  statements: ({ bytesType: bytes, integerType: integer, tableSuffix }) => [
    `create table incidents (
       incident_id text primary key, member_id text not null references members,
       kind text not null, store_id text, pack_id text, copy_id text, state text not null,
       opened_ms ${integer} not null, tries integer not null, next_ms ${integer}, verdict text,
       reason text not null, judged_ms ${integer}, evidence_hash text,
       told_ms ${integer}) ${tableSuffix}`,
    'create index incidents_due on incidents (next_ms)',
    'create index incidents_of_copy on incidents (member_id, copy_id)',
    'create index incidents_of_member on incidents (member_id, opened_ms)',
    'create index incidents_of_store on incidents (store_id, opened_ms)',
    `create table incident_observations (
       incident_id text not null references incidents, number integer not null,
       class text not null, source text not null, leaves text not null, challenge ${bytes},
       answer ${bytes}, time_ms ${integer} not null,
       primary key (incident_id, number)) ${tableSuffix}`,
  ],
};
