// Where devices are that are not at home, and which device saved a pack: copies keep away from it.
import type { Migration } from '@kura/database';

export const devicePlaces: Migration = {
  name: 'places of devices',
  statements: ({ integerType: integer, realType: real, tableSuffix }) => [
    `create table device_places (
       member_id text not null references members, device_id text not null, name text, lat ${real},
       lon ${real}, power_area text, since_ms ${integer} not null, before_ms ${integer},
       primary key (member_id, device_id)) ${tableSuffix}`,
    'alter table packs add column device_id text',
    'alter table removed_packs add column device_id text',
  ],
};
