// What stores sign of copies at fault, what was judged, and the evidence. What devices report opens incidents now,
// like all that is seen: reports that waited become observations.
import type { Migration } from '@kura/database';

export const verdicts: Migration = {
  name: 'verdicts and evidence',
  statements: ({ bytesType: bytes, integerType: integer, tableSuffix }) => [
    `alter table incidents add column reread_ms ${integer} not null default 0`,
    `alter table incident_observations add column tag_hash ${bytes}`,
    `create table incident_examinations (
       incident_id text not null references incidents, number integer not null,
       store_id text not null, copy_id text not null, time_ms ${integer} not null,
       signed ${bytes} not null, primary key (incident_id, number)) ${tableSuffix}`,
    'create index incident_examinations_of on incident_examinations (store_id, time_ms)',
    `create table incident_paths (
       incident_id text not null references incidents, leaf integer not null,
       hash ${bytes} not null, path ${bytes} not null,
       primary key (incident_id, leaf)) ${tableSuffix}`,
    `create table incident_evidence (
       incident_id text primary key references incidents, member_id text not null,
       bundle text not null, event integer not null) ${tableSuffix}`,
    `create table incident_answers (
       incident_id text primary key references incidents, said_ms ${integer} not null,
       text text not null) ${tableSuffix}`,
    `create table store_failures (
       store_id text not null references stores, time_ms ${integer} not null, why text not null,
       primary key (store_id, time_ms)) ${tableSuffix}`,
    `create table webhook_calls (
       member_id text not null, number integer not null, tries integer not null,
       next_ms ${integer}, why text, primary key (member_id, number)) ${tableSuffix}`,
    'create index webhook_calls_due on webhook_calls (next_ms)',
    `insert into incidents (incident_id, member_id, kind, store_id, pack_id, copy_id, state,
         opened_ms, tries, next_ms, reason)
       select f.fault_id, f.member_id, 'copy', f.store_id, f.pack_id, c.copy_id, 'open',
         f.next_ms, 0, f.next_ms, ''
       from faults f join copies c on c.member_id = f.member_id and c.pack_id = f.pack_id
         and c.store_id = f.store_id`,
    `insert into incident_observations (incident_id, number, class, source, leaves, time_ms)
       select incident_id, 1, 'unknown', 'device', '[]', opened_ms from incidents
       where incident_id in (select fault_id from faults)`,
    'drop table faults',
  ],
};
