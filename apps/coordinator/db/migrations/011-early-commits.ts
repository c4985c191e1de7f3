// Backups whose device has hung up early: what the network commits by itself when all packs have their copies.
import type { Migration } from '@kura/database';

export const earlyCommits: Migration = {
  name: 'early commits',
  statements: ({ bytesType: bytes, integerType: integer, tableSuffix }) => [
    `create table early_commits (
       member_id text not null references members, snapshot_id text not null,
       session_id text not null, body ${bytes} not null, made_ms ${integer} not null,
       primary key (member_id, snapshot_id)) ${tableSuffix}`,
    'create index early_commits_made on early_commits (made_ms)',
  ],
};
