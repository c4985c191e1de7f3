// A member's card is one of their devices: it has a name, a time, and is removed like any other. Its id is the
// beginning of its key's hash.
import type { Migration } from '@kura/database';

export const cards: Migration = {
  name: 'cards among devices',
  statements: ({ hexOf }) => [
    `alter table devices add column kind text not null default 'device'`,
    // Asked every few seconds.
    `create index members_suspended on members (member_id) where state = 'suspended'`,
    `insert into devices (member_id, device_id, public_key, name, added_ms, revoked_ms, kind)
       select member_id, ${hexOf('substr(card_key_hash, 1, 16)')}, card_key_hash, 'card',
         member_since_ms, null, 'card' from members where card_key_hash is not null`,
  ],
};
