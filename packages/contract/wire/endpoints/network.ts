// What a device asks of its network before it saves or reads: where everything is, and the keys and grants
// that only this member has.
import { MAX_COPIES, MAX_STORES } from '@kura/base';
import { STORE_STATES } from '../../coordinator-port.ts';
import { GRANT_BYTES } from '../../grant.ts';
import { defineEndpoints, json } from '../endpoint.ts';
import { MAX_KEYRING_BYTES } from '../keyring-body.ts';
import {
  bytes,
  choice,
  flag,
  list,
  optional,
  real,
  record,
  text,
  timeMs,
  whole,
} from '../shape.ts';
import { MAX_PACK_BYTES, MAX_PACK_LEAVES, memberIdShape, storeIdentity } from '../shapes.ts';

const MAX_DESCRIPTION_BYTES = 1024 * 1024;
/** Bytes are base64 in JSON. */
const MAX_KEYRING_JSON = MAX_KEYRING_BYTES * 2;
/** Of one service or one store. */
export const MAX_SERVICE_ADDRESSES = 64;
const MAX_READER_ADDRESSES = 4;
export const MAX_POLICY_CHARACTERS = 64 * 1024;

const address = text({ maxLength: 300 });
const length = whole({ min: 1, max: Number.MAX_SAFE_INTEGER });
const latitude = real({ min: -90, max: 90 });
const longitude = real({ min: -180, max: 180 });
const name = text({ maxLength: 128 });

export const networkShape = record({
  leafBytes: whole({ min: 1, max: MAX_PACK_BYTES }),
  /** Three, ascending. */
  packLeaves: list(whole({ min: 1, max: MAX_PACK_LEAVES }), { maxItems: 3 }),
  windowLeaves: whole({ min: 1, max: MAX_PACK_LEAVES }),
  minChunkBytes: length,
  averageChunkBytes: length,
  maxChunkBytes: length,
  shareBytes: length,
  smallChunkBytes: length,
  frameBytes: length,
});

export const homeShape = record({ name, lat: latitude, lon: longitude, powerArea: name });

const store = record({
  identity: storeIdentity,
  state: choice(STORE_STATES),
  awaySinceMs: optional(timeMs),
  /** strict: its copies are read through a gateway · readable: at its readers, with a ticket or grant. */
  kind: choice(['strict', 'readable']),
  readers: list(address, { maxItems: MAX_READER_ADDRESSES }),
  baseRisk: real({ min: 0, max: 1 }),
  /** By the newest risk table of the member's level; absent: there is no table. */
  riskNow: optional(real({ min: 0, max: 1 })),
  /** Why nothing new should go there. */
  danger: optional(text({ maxLength: 1024 })),
  freeBytes: whole({ min: 0, max: Number.MAX_SAFE_INTEGER }),
});

const description = record({
  memberId: memberIdShape,
  shape: networkShape,
  home: homeShape,
  copies: whole({ min: 1, max: MAX_COPIES }),
  level: whole({ min: 1, max: 3 }),
  removalDelayMs: timeMs,
  stores: list(store, { maxItems: MAX_STORES }),
  /** Where packs are sent, and copies of strict stores are read. */
  gateways: list(address, { maxItems: MAX_SERVICE_ADDRESSES }),
  /** The witnesses of the log, as C2SP tlog-policy has it; a card pins them (docs/design/log.md). */
  witnessPolicy: optional(text({ maxLength: MAX_POLICY_CHARACTERS })),
  /** The network was rebuilt, and waits for what this member's card knows (docs/design/rebuild.md). */
  awaitsReturns: optional(flag),
});

export const NETWORK_ENDPOINTS = defineEndpoints({
  describeMine: {
    method: 'GET',
    path: '/v1/describe',
    who: 'device',
    answer: json(description, MAX_DESCRIPTION_BYTES),
  },
  copyKeys: {
    method: 'GET',
    path: '/v1/copy-keys',
    who: 'device',
    /** A keyring (`keyring-body.ts`) in a letter that only the member opens. */
    answer: json(record({ sealed: bytes({ min: 1, max: MAX_KEYRING_BYTES }) }), MAX_KEYRING_JSON),
  },
  /** Of this member's card, for every store that can be read with one. */
  grants: {
    method: 'GET',
    path: '/v1/grants',
    who: 'device',
    answer: json(
      record({
        grants: list(bytes({ min: GRANT_BYTES, max: GRANT_BYTES }), { maxItems: MAX_STORES }),
      }),
    ),
  },
});
