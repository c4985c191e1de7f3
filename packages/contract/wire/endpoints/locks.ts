// What a coordinator answers about locks (docs/design/locks.md): the key that its share is sealed to, and the share,
// against stamps that agree. It keeps nothing of a lock: what it has to know is in the box that the member brings.
import { LOCK_BOX_BYTES, LOCK_KEY_BYTES } from '../../lock-key.ts';
import { defineEndpoints, json } from '../endpoint.ts';
import { bytes, type Infer, list, record, text, whole } from '../shape.ts';

import { custodyReceipt } from './custody.ts';

const MAX_STAMPS = 16;
const SHARE_BYTES = 32;
/** A receipt and its stamps, each in base64. */
const MAX_OPEN_BYTES = 512 * 1024;

/** Stamps with all that it takes to judge them: fields of a record. */
export const givenStamps = {
  approvals: whole({ min: 1, max: MAX_STAMPS }),
  receipt: custodyReceipt,
  stamps: list(
    record({
      name: text({ maxLength: 256 }),
      token: bytes({ min: 1, max: 64 * 1024 }),
      authorityPem: text({ maxLength: 16_384 }),
    }),
    { maxItems: MAX_STAMPS },
  ),
};

/** The network's share of the key to a lock, sealed to the network. */
export const lockBox = bytes({ min: LOCK_BOX_BYTES, max: LOCK_BOX_BYTES });

const openRequest = record({ ...givenStamps, box: lockBox });
export type OpenLockRequest = Infer<typeof openRequest>;

export const LOCK_ENDPOINTS = defineEndpoints({
  /** X25519, under the coordinator's signature (`lock-key.ts`). */
  lockKey: {
    method: 'GET',
    path: '/v1/locks/key',
    who: 'device',
    answer: json(record({ signed: bytes({ min: LOCK_KEY_BYTES, max: LOCK_KEY_BYTES }) })),
  },
  /** Told to the member, whoever asks. */
  openLock: {
    method: 'POST',
    path: '/v1/locks/open',
    who: 'device',
    request: json(openRequest, MAX_OPEN_BYTES),
    answer: json(record({ share: bytes({ min: SHARE_BYTES, max: SHARE_BYTES }) })),
  },
});
