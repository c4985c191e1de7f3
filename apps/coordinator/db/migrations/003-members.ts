// Many members in one set of tables: whatever a member owns has the member first in its key, so that another
// member's id finds nothing, and a range of one member's rows never touches those of others. Ticks are counted
// per member: nobody waits for a stranger's counter.
import type { Capabilities, Migration } from '@kura/database';

/** In the order in which they may be made: a table after those that it refers to. */
function tables({ bytesType: bytes, integerType: integer, tableSuffix }: Capabilities) {
  return {
    packs: `(member_id text not null references members, pack_id text not null,
       leaf_count integer not null, state text not null, marked_at ${integer},
       marked_ms ${integer}, recorded_ms ${integer} not null, changed_at ${integer} not null,
       primary key (member_id, pack_id),
       check ((state = 'standing') = (marked_at is null))) ${tableSuffix}`,
    dropped_packs: `(member_id text not null references members, pack_id text not null,
       dropped_ms ${integer} not null, dropped_at ${integer} not null,
       primary key (member_id, pack_id)) ${tableSuffix}`,
    copies: `(member_id text not null, pack_id text not null,
       store_id text not null references stores, copy_id text not null, root ${bytes} not null,
       state text not null, reason text not null, acknowledged_ms ${integer}, signature ${bytes},
       primary key (member_id, pack_id, store_id),
       foreign key (member_id, pack_id) references packs) ${tableSuffix}`,
    sessions: `(member_id text not null references members, session_id text not null,
       kind text not null, began_at ${integer} not null, renewed_ms ${integer} not null,
       host text not null, boot text not null, pid_space text not null, pid ${integer} not null,
       started text not null, primary key (member_id, session_id)) ${tableSuffix}`,
    journal: `(member_id text not null references members, session_id text not null,
       kind text not null, began_at ${integer} not null, began_ms ${integer} not null,
       ended_ms ${integer}, outcome text not null, figures text not null,
       primary key (member_id, session_id), unique (member_id, began_at)) ${tableSuffix}`,
    snapshots: `(member_id text not null references members, snapshot_id text not null,
       pack_id text not null, predecessor text, time_ms ${integer} not null,
       leaf_index ${integer} not null, committed_at ${integer} not null,
       primary key (member_id, snapshot_id), unique (member_id, committed_at)) ${tableSuffix}`,
    receipts: `(member_id text not null references members, snapshot_id text not null,
       leaf_index ${integer} not null, log_origin text not null, body text not null,
       inclusion_proof text not null, checkpoint text not null,
       primary key (member_id, snapshot_id), unique (log_origin, leaf_index)) ${tableSuffix}`,
  };
}

/** What each table has had until now, in its own order; new columns come after, as `NEW_COLUMNS` says. */
const OLD_COLUMNS = {
  packs: 'pack_id, leaf_count, state, marked_at, marked_ms, recorded_ms',
  dropped_packs: 'pack_id, dropped_ms',
  copies: 'pack_id, store_id, copy_id, root, state, reason, acknowledged_ms, signature',
  sessions: 'session_id, kind, began_at, renewed_ms, host, boot, pid_space, pid, started',
  journal: 'session_id, kind, began_at, began_ms, ended_ms, outcome, figures',
  snapshots: 'snapshot_id, pack_id, predecessor, time_ms, leaf_index, committed_at',
  receipts: 'snapshot_id, leaf_index, body, inclusion_proof, checkpoint',
};

const NEW_COLUMNS: Readonly<Record<string, readonly [name: string, value: string]>> = {
  packs: ['changed_at', '(select ticks from network)'],
  dropped_packs: ['dropped_at', '(select ticks from network)'],
  receipts: ['log_origin', '(select log_origin from network)'],
};

/** SQLite cannot change a key: each table is made anew, filled, and the old one dropped. */
function remake(capabilities: Capabilities): readonly string[] {
  const made = tables(capabilities);
  const names = Object.keys(made) as (keyof typeof made)[];
  const fill = names.map((name) => {
    const [column, value] = NEW_COLUMNS[name] ?? [];
    const more = column === undefined ? ['', ''] : [`, ${column}`, `, ${value}`];
    return `insert into ${name} (member_id, ${OLD_COLUMNS[name]}${more[0]})
      select (select member_id from network), ${OLD_COLUMNS[name]}${more[1]} from old_${name}`;
  });
  return [
    ...names.map((name) => `alter table ${name} rename to old_${name}`),
    ...names.map((name) => `create table ${name} ${made[name]}`),
    ...fill,
    ...names.toReversed().map((name) => `drop table old_${name}`),
  ];
}

export const members: Migration = {
  name: 'many members',
  statements: (capabilities) => {
    const { integerType: integer, tableSuffix } = capabilities;
    return [
      `alter table network add column kind text not null default 'embedded'`,
      `alter table network add column stores_tick ${integer} not null default 0`,
      `alter table members add column state text not null default 'active'`,
      `alter table members add column ticks ${integer} not null default 0`,
      'update members set ticks = (select ticks from network)',
      ...remake(capabilities),
      'create index packs_changed on packs (member_id, changed_at)',
      'create index packs_dropped on dropped_packs (member_id, dropped_at)',
      'create index copies_at_store on copies (store_id)',
      'create index sessions_renewed on sessions (renewed_ms)',
      `create table usage (
         member_id text primary key references members, leaves ${integer} not null,
         claimed_leaves ${integer} not null, packs ${integer} not null,
         snapshots ${integer} not null) ${tableSuffix}`,
      `insert into usage (member_id, leaves, claimed_leaves, packs, snapshots)
         select member_id, (select coalesce(sum(leaf_count), 0) from packs), 0,
           (select count(*) from packs), (select count(*) from snapshots) from members`,
    ];
  },
};
