// What a gateway answers to devices that save, and to stores that dial out.
import { MAX_COPY_TABLE_BYTES } from '../copy-table.ts';
import { defineEndpoints, json, raw, UNDIGESTED } from '../endpoint.ts';
import { choice, optional, record, timeMs, whole } from '../shape.ts';
import {
  copyIdShape,
  hash,
  leafCount,
  MAX_PACK_BYTES,
  MAX_PACK_LEAVES,
  packIdShape,
  packRecord,
  sessionIdShape,
  signature,
  storeIdShape,
} from '../shapes.ts';
import { RETURNED_PACKS_ENDPOINTS } from './returns.ts';

/** All copies durable, replacements among them. */
const PUT_DEADLINE_MS = 120_000;

const UPLOAD_STATES = ['absent', 'claimed', 'received', 'stored', 'challenged'] as const;

/**
 * stored: `record` is there · received: safely in the spool, copies follow · challenged: a store failed its
 * authentication; the gateway goes on when the device has signed `challenge`.
 */
const upload = record({
  state: choice(UPLOAD_STATES),
  record: optional(packRecord),
  challenge: optional(record({ challenge: hash, storeId: storeIdShape, untilMs: timeMs })),
});

const SAVING_ENDPOINTS = defineEndpoints({
  receivePack: {
    method: 'PUT',
    path: '/v1/packs/{pack}',
    who: 'device',
    parameters: { pack: packIdShape },
    /** `session`: a living one that saves; the claim renews it. */
    query: { session: sessionIdShape, hangUp: choice(['early', 'late']) },
    request: raw(MAX_PACK_BYTES, { isAwaited: true }),
    answer: json(upload),
    isIdempotent: true,
    deadlineMs: PUT_DEADLINE_MS,
  },
  describeUpload: {
    method: 'GET',
    path: '/v1/packs/{pack}/upload',
    who: 'device',
    parameters: { pack: packIdShape },
    answer: json(upload),
  },
  provePresence: {
    method: 'POST',
    path: '/v1/packs/{pack}/proof',
    who: 'device',
    parameters: { pack: packIdShape },
    request: json(record({ signature })),
    answer: json(upload),
    isIdempotent: true,
    deadlineMs: PUT_DEADLINE_MS,
  },
  /** As a reader's, of a store that has none, with the same ticket. */
  relayTable: {
    method: 'GET',
    path: '/v1/stores/{store}/copies/{copy}/table',
    who: 'device',
    parameters: { store: storeIdShape, copy: copyIdShape },
    answer: raw(MAX_COPY_TABLE_BYTES, UNDIGESTED),
  },
  relayLeaves: {
    method: 'GET',
    path: '/v1/stores/{store}/copies/{copy}/leaves',
    who: 'device',
    parameters: { store: storeIdShape, copy: copyIdShape },
    query: { first: whole({ min: 0, max: MAX_PACK_LEAVES - 1 }), count: leafCount },
    answer: raw(MAX_PACK_BYTES, UNDIGESTED),
  },
  dial: {
    method: 'GET',
    path: '/v1/dial',
    who: 'store',
    answer: { kind: 'upgrade', protocol: 'kura-store/1' },
  },
});

export const GATEWAY_ENDPOINTS = { ...SAVING_ENDPOINTS, ...RETURNED_PACKS_ENDPOINTS };
