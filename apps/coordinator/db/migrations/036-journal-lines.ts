// What a session was about, sealed to its member; which packs it wrote, so that its journal says where they lie now;
// and incidents in the order in which they are told, without a look at every message of every member.
import type { Migration } from '@kura/database';

export const journalLines: Migration = {
  name: 'journal lines',
  statements: ({ bytesType: blob }) => [
    `alter table journal add column line ${blob}`,
    'alter table packs add column session_id text',
    'alter table removed_packs add column session_id text',
    'create index packs_of_session on packs (member_id, session_id)',
    'create index inbox_by_kind on inbox (kind, made_ms)',
  ],
};
