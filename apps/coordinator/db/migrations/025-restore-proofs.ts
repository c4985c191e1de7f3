// When files of a snapshot last came back as they were saved.
import type { Migration } from '@kura/database';

export const restoreProofs: Migration = {
  name: 'snapshots that were proved restorable',
  statements: ({ integerType: integer, tableSuffix }) => [
    `create table restore_proofs (
       member_id text not null references members, snapshot_id text not null,
       proved_ms ${integer} not null, files ${integer} not null, bytes ${integer} not null,
       total_files ${integer} not null, total_bytes ${integer} not null,
       primary key (member_id, snapshot_id)) ${tableSuffix}`,
  ],
};
