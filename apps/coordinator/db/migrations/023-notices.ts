// Notices for cards: under which name each lies at the stores, and when it was made and is tried again.
import type { Migration } from '@kura/database';

export const notices: Migration = {
  name: 'names and times of notices',
  statements: ({ integerType: integer }) => [
    `alter table notices add column pack_id text not null default ''`,
    `alter table notices add column signature text not null default ''`,
    `alter table notices add column made_ms ${integer} not null default 0`,
    `alter table notices add column next_ms ${integer} not null default 0`,
    `alter table notices add column tries ${integer} not null default 0`,
    `create index notices_waiting on notices (next_ms) where state = 'waiting'`,
    'create index moved_copies_logged on moved_copies (member_id) where is_logged = 1',
  ],
};
