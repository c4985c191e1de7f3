// The log in tiles, and the witnesses that cosign its heads.
import type { Migration } from '@kura/database';

export const witnesses: Migration = {
  name: 'tiles of the log, witnesses',
  statements: ({ bytesType: bytes, integerType: integer, tableSuffix }) => [
    `create table log_tiles (
       level integer not null, number ${integer} not null, hashes ${bytes} not null,
       root ${bytes} not null, primary key (level, number))`,
    `create table log_witnessed (
       number integer primary key check (number = 1), size ${integer} not null,
       checkpoint text not null, witnessed_ms ${integer} not null)`,
    `create table witnesses (
       name text primary key, verifier_key text not null, url text not null,
       added_ms ${integer} not null, cosigned_size ${integer} not null,
       cosigned_ms ${integer}, trouble text) ${tableSuffix}`,
    `create table witness_quorum (
       number integer primary key check (number = 1), quorum integer not null)`,
  ],
};
