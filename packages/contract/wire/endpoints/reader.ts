// What a reader answers to whoever holds a ticket or a grant: four questions, nothing else, no body in.
import { STATEMENT_BYTES } from '../../reader-statement.ts';
import { MAX_COPY_TABLE_BYTES } from '../copy-table.ts';
import { defineEndpoints, json, raw, UNDIGESTED } from '../endpoint.ts';
import { bytes, flag, optional, record, whole } from '../shape.ts';
import {
  copyIdShape,
  leafCount,
  MAX_PACK_BYTES,
  MAX_PACK_LEAVES,
  publicKey,
  storeIdentity,
} from '../shapes.ts';

export const READER_ENDPOINTS = defineEndpoints({
  /** Who stands here: lets a client believe the TLS key before it shows a ticket. */
  describeReader: {
    method: 'GET',
    path: '/v1/reader',
    who: 'nobody',
    answer: json(
      record({
        identity: storeIdentity,
        statement: bytes({ min: STATEMENT_BYTES, max: STATEMENT_BYTES }),
      }),
    ),
  },
  readTable: {
    method: 'GET',
    path: '/v1/copies/{copy}/table',
    who: 'key',
    parameters: { copy: copyIdShape },
    answer: raw(MAX_COPY_TABLE_BYTES, UNDIGESTED),
  },
  readLeaves: {
    method: 'GET',
    path: '/v1/copies/{copy}/leaves',
    who: 'key',
    parameters: { copy: copyIdShape },
    query: {
      first: whole({ min: 0, max: MAX_PACK_LEAVES - 1 }),
      count: leafCount,
      /** The copy's table comes before the leaves: whoever has not asked yet saves a request. */
      table: optional(flag),
    },
    answer: raw(MAX_COPY_TABLE_BYTES + MAX_PACK_BYTES, UNDIGESTED),
  },
  /** Whose warrants this store would obey for the grant's pseudonym: a member checks its own key. */
  readOwner: {
    method: 'GET',
    path: '/v1/owner',
    who: 'key',
    answer: json(record({ ownerKey: publicKey })),
  },
});
