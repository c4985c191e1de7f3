// What happens to data in custody, as events of the log; and copies that have moved, until their members know.
import type { Migration } from '@kura/database';

export const custodyEvents: Migration = {
  name: 'custody events',
  statements: ({ bytesType: bytes, integerType: integer, tableSuffix }) => [
    `create table custody_events (
       member_id text not null references members, number ${integer} not null, event text not null,
       subject text not null, body text not null, leaf_index ${integer}, log_origin text,
       made_ms ${integer} not null, primary key (member_id, number)) ${tableSuffix}`,
    'create index custody_events_due on custody_events (made_ms) where leaf_index is null',
    `create table moved_copies (
       member_id text not null references members, move_id text not null, pack_id text not null,
       store_id text not null, copy_id text not null, root ${bytes}, is_logged ${integer} not null,
       primary key (member_id, move_id, pack_id, store_id)) ${tableSuffix}`,
    'create index moved_copies_of_move on moved_copies (move_id)',
  ],
};
