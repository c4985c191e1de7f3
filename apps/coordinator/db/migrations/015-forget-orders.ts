// What the owner has ordered to forget, for devices that miss it.
import type { Migration } from '@kura/database';

export const forgetOrders: Migration = {
  name: 'orders to forget',
  statements: ({ bytesType: bytes, integerType: integer, tableSuffix }) => [
    `create table forget_orders (
       member_id text not null references members, number ${integer} not null,
       order_hash text not null, time_ms ${integer} not null, body ${bytes} not null,
       primary key (member_id, number)) ${tableSuffix}`,
    'create unique index forget_orders_once on forget_orders (member_id, order_hash)',
  ],
};
