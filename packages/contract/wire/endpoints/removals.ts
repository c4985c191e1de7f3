// What was ordered to go, what of it can still be taken back, and what stores have confirmed. To take back needs no
// owner's signature: it destroys nothing.
import { MAX_COPIES } from '@kura/base';
import { MAX_FORGET_ORDER_BYTES, MAX_FORGET_SNAPSHOTS } from '../../forget-order.ts';
import { defineEndpoints, json } from '../endpoint.ts';
import {
  bytes,
  choice,
  type Infer,
  list,
  optional,
  record,
  text,
  timeMs,
  whole,
} from '../shape.ts';
import { packIdShape, snapshotIdShape, storeIdShape } from '../shapes.ts';

export const MAX_REMOVALS_SHOWN = 1000;
const MAX_REMOVALS_BYTES = 8 * 1024 * 1024;
const count = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });
/** Lower-case hex: 16 bytes of a removal, 32 of a term. */
const orderId = text({ maxLength: 64 });

const removal = record({
  removalId: orderId,
  /** waiting: can be taken back · carrying: stores were told · done: all have confirmed · revoked: taken back. */
  state: choice(['waiting', 'carrying', 'done', 'revoked']),
  orderedMs: timeMs,
  dueMs: timeMs,
  endedMs: optional(timeMs),
  packs: count,
  bytes: count,
  stores: list(record({ storeId: storeIdShape, confirmedMs: optional(timeMs) }), {
    maxItems: MAX_COPIES * 64,
  }),
});
export type RemovalView = Infer<typeof removal>;

/** Forgotten, with all it needs still there. */
const forgotten = record({
  snapshotId: snapshotIdShape,
  packId: packIdShape,
  timeMs,
  loggedMs: optional(timeMs),
  forgottenMs: timeMs,
  predecessor: optional(snapshotIdShape),
  leafIndex: count,
});
export type ForgottenView = Infer<typeof forgotten>;

/** To be forgotten at a date. */
const term = record({
  termId: orderId,
  dueMs: timeMs,
  snapshots: list(snapshotIdShape, { maxItems: MAX_FORGET_SNAPSHOTS }),
});
export type TermView = Infer<typeof term>;

const removals = record({
  removals: list(removal, { maxItems: MAX_REMOVALS_SHOWN }),
  forgotten: list(forgotten, { maxItems: MAX_REMOVALS_SHOWN }),
  terms: list(term, { maxItems: MAX_REMOVALS_SHOWN }),
});
export type RemovalsView = Infer<typeof removals>;

export const REMOVAL_ENDPOINTS = defineEndpoints({
  removals: {
    method: 'GET',
    path: '/v1/warrants',
    who: 'device',
    /** The newest first. */
    query: { limit: whole({ min: 1, max: MAX_REMOVALS_SHOWN }) },
    answer: json(removals, MAX_REMOVALS_BYTES),
  },
  revokeRemoval: {
    method: 'DELETE',
    path: '/v1/warrants/{removal}',
    who: 'device',
    parameters: { removal: orderId },
    isIdempotent: true,
  },
  /** Revokes whatever may have taken its packs; answers with the head as it was, whose tree the device commits anew. */
  recallSnapshot: {
    method: 'POST',
    path: '/v1/snapshots/{snapshot}/recall',
    who: 'device',
    parameters: { snapshot: snapshotIdShape },
    answer: json(forgotten),
    isIdempotent: true,
  },
  setTerm: {
    method: 'POST',
    path: '/v1/snapshots/terms',
    who: 'device',
    /** Signed by the owner, dated ahead. */
    request: json(record({ order: bytes({ min: 1, max: MAX_FORGET_ORDER_BYTES }) })),
    isIdempotent: true,
  },
  endTerm: {
    method: 'DELETE',
    path: '/v1/snapshots/terms/{term}',
    who: 'device',
    parameters: { term: orderId },
    isIdempotent: true,
  },
});
