// A copy has several pairs, for the rounds until it is fetched again. Pairs from before are given up: a copy
// without one is compared.
import type { Migration } from '@kura/database';

export const auditPairs: Migration = {
  name: 'audit pairs',
  statements: ({ bytesType: bytes, integerType: integer, tableSuffix }) => [
    'drop table audit_pairs',
    `create table audit_pairs (
       pair_id text primary key, member_id text not null references members,
       pack_id text not null, store_id text not null references stores, copy_id text not null,
       answer_hash ${bytes} not null, made_ms ${integer} not null) ${tableSuffix}`,
    'create index audit_pairs_of on audit_pairs (member_id, pack_id, store_id)',
  ],
};
