// What a coordinator answers to a member's devices about packs, snapshots and sessions: the calls of
// `CoordinatorPort`, as far as a wire may carry them. Rows are the coordinator's; a device names ids.
import { MAX_COPIES } from '@kura/base';
import { MAX_LINE_BYTES } from '../../coordinator-port.ts';
import { MAX_FORGET_ORDER_BYTES } from '../../forget-order.ts';
import { PRUNE_ORDER_BYTES } from '../../prune-order.ts';
import { TICKET_BYTES } from '../../ticket.ts';
import { MAX_WARRANT_COPIES } from '../../warrant-form.ts';
import { defineEndpoints, json, raw } from '../endpoint.ts';
import { bytes, choice, flag, list, optional, record, text, timeMs, whole } from '../shape.ts';
import {
  copyIdShape,
  hash,
  leafCount,
  packIdShape,
  sessionIdShape,
  snapshotIdShape,
  storeIdShape,
} from '../shapes.ts';

/** Larger: a transaction holds others up. Smaller: more round trips for the same work. */
export const MAX_PACKS_PER_CALL = 500;
export const MAX_PAGE = 10_000;
/** Each of at most 16 KiB, so that a page keeps its bound. */
export const MAX_ORDERS = 200;
const MAX_PAGE_BYTES = 8 * 1024 * 1024;
/** Ids of packs and snapshots, each in some seventy bytes. */
const MAX_CONDEMN_BYTES = 1024 * 1024;
export const MAX_SNAPSHOT_PACKS = 1_000_000;
/** The head as JSON, then 32 bytes for each pack (`docs/design/protocol.md`). */
export const MAX_COMMIT_BYTES = 8 * 1024 + 4 + MAX_SNAPSHOT_PACKS * 32;
const COMMIT_DEADLINE_MS = 120_000;
const MAX_TICK = Number.MAX_SAFE_INTEGER;

const forgetOrder = bytes({ min: 1, max: MAX_FORGET_ORDER_BYTES });

const session = record({ sessionId: sessionIdShape });
const somePacks = list(packIdShape, { maxItems: MAX_PACKS_PER_CALL });
const packsOfSession = record({ sessionId: sessionIdShape, packs: somePacks });

const packRow = record({
  packId: packIdShape,
  leafCount,
  state: choice(['standing', 'marked', 'destroying']),
  markedMs: optional(timeMs),
  copies: list(
    record({
      storeId: storeIdShape,
      copyId: copyIdShape,
      root: hash,
      state: choice(['held', 'damaged', 'lost']),
      reason: text({ maxLength: 1024 }),
    }),
    { maxItems: MAX_COPIES },
  ),
});

/** What changed since a tick; ask again with `tick` until `isComplete`. */
const changes = record({
  tick: whole({ min: 0, max: MAX_TICK }),
  rows: list(packRow, { maxItems: MAX_PAGE }),
  dropped: list(packIdShape, { maxItems: MAX_PAGE }),
  isComplete: flag,
});

export const snapshotRow = record({
  snapshotId: snapshotIdShape,
  packId: packIdShape,
  predecessor: optional(snapshotIdShape),
  timeMs,
  leafIndex: whole({ min: 0, max: MAX_TICK }),
  loggedMs: optional(timeMs),
});

export const custodyReceipt = record({
  body: text({ maxLength: 64 * 1024 }),
  leafIndex: whole({ min: 0, max: MAX_TICK }),
  inclusionProof: list(text({ maxLength: 64 }), { maxItems: 64 }),
  checkpoint: text({ maxLength: 4096 }),
  witnessed: flag,
});

const figure = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });
const proofFigures = { files: figure, bytes: figure, totalFiles: figure, totalBytes: figure };
const keptProof = record({
  leafIndex: figure,
  snapshotId: snapshotIdShape,
  provedMs: timeMs,
  ...proofFigures,
});

const page = { limit: whole({ min: 1, max: MAX_PAGE }) };

export const CUSTODY_ENDPOINTS = defineEndpoints({
  /** The device draws the id: if it does not hear the answer, it asks again for the same session. */
  beginSession: {
    method: 'PUT',
    path: '/v1/sessions/{session}',
    who: 'device',
    parameters: { session: sessionIdShape },
    request: json(
      record({
        kind: choice(['backup', 'prune', 'repair', 'restore', 'check']),
        /** What the card says: the contract's level must agree (A14). */
        level: whole({ min: 1, max: 3 }),
      }),
    ),
    isIdempotent: true,
  },
  renewSession: {
    method: 'POST',
    path: '/v1/sessions/{session}/renew',
    who: 'device',
    parameters: { session: sessionIdShape },
    isIdempotent: true,
  },
  endSession: {
    method: 'POST',
    path: '/v1/sessions/{session}/end',
    who: 'device',
    parameters: { session: sessionIdShape },
    request: json(record({ outcome: choice(['done', 'failed']) })),
    isIdempotent: true,
  },
  noteSession: {
    method: 'PUT',
    path: '/v1/sessions/{session}/line',
    who: 'device',
    parameters: { session: sessionIdShape },
    request: json(record({ line: bytes({ min: 1, max: MAX_LINE_BYTES }) })),
    isIdempotent: true,
  },
  changedPacks: {
    method: 'GET',
    path: '/v1/packs',
    who: 'device',
    query: { ...page, since: whole({ min: 0, max: MAX_TICK }) },
    answer: json(changes, MAX_PAGE_BYTES),
  },
  describePack: {
    method: 'GET',
    path: '/v1/packs/{pack}',
    who: 'device',
    parameters: { pack: packIdShape },
    answer: json(packRow),
  },
  recordPacks: {
    method: 'POST',
    path: '/v1/packs/record',
    who: 'device',
    request: json(packsOfSession),
    isIdempotent: true,
  },
  markPacks: {
    method: 'POST',
    path: '/v1/packs/mark',
    who: 'device',
    request: json(record({ packs: somePacks })),
    isIdempotent: true,
  },
  unmarkPacks: {
    method: 'POST',
    path: '/v1/packs/unmark',
    who: 'device',
    request: json(record({ packs: somePacks })),
    isIdempotent: true,
  },
  condemnPacks: {
    method: 'POST',
    path: '/v1/packs/condemn',
    who: 'device',
    request: json(
      record({
        sessionId: sessionIdShape,
        packs: somePacks,
        seenSnapshots: list(snapshotIdShape, { maxItems: MAX_PAGE }),
        /** Signed by the owner, for this session (`prune-order.ts`). */
        order: bytes({ min: PRUNE_ORDER_BYTES, max: PRUNE_ORDER_BYTES }),
      }),
      MAX_CONDEMN_BYTES,
    ),
    answer: json(record({ packs: somePacks })),
  },
  /** Notices to a card, up to this one, that its catalogues have overtaken become packs that nobody needs. */
  releaseNotices: {
    method: 'POST',
    path: '/v1/notices/release',
    who: 'device',
    request: json(
      record({
        sessionId: sessionIdShape,
        covered: whole({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        /** As of `condemnPacks`. */
        order: bytes({ min: PRUNE_ORDER_BYTES, max: PRUNE_ORDER_BYTES }),
      }),
    ),
    isIdempotent: true,
  },
  rescuePack: {
    method: 'POST',
    path: '/v1/packs/{pack}/rescue',
    who: 'device',
    parameters: { pack: packIdShape },
    request: json(session),
    answer: json(record({ isInTime: flag })),
    isIdempotent: true,
  },
  reportFault: {
    method: 'POST',
    path: '/v1/packs/{pack}/faults',
    who: 'device',
    parameters: { pack: packIdShape },
    request: json(record({ storeId: storeIdShape, why: text({ maxLength: 1024 }) })),
    isIdempotent: true,
  },
  commitSnapshot: {
    method: 'POST',
    path: '/v1/snapshots',
    who: 'device',
    query: { session: sessionIdShape, hangUp: choice(['early', 'late']) },
    request: raw(MAX_COMMIT_BYTES),
    answer: json(record({ receipt: optional(custodyReceipt) })),
    isIdempotent: true,
    deadlineMs: COMMIT_DEADLINE_MS,
  },
  snapshots: {
    method: 'GET',
    path: '/v1/snapshots',
    who: 'device',
    /** In the order of their leaves in the log, from this leaf on. */
    query: { ...page, fromLeaf: whole({ min: 0, max: MAX_TICK }) },
    answer: json(record({ snapshots: list(snapshotRow, { maxItems: MAX_PAGE }) }), MAX_PAGE_BYTES),
  },
  forgetSnapshots: {
    method: 'POST',
    path: '/v1/snapshots/forget',
    who: 'device',
    /** Signed by the owner (`docs/design/heads.md`). */
    request: json(record({ order: forgetOrder })),
    isIdempotent: true,
  },
  forgetOrders: {
    method: 'GET',
    path: '/v1/snapshots/orders',
    who: 'device',
    /** By their numbers, from the one after this on. */
    query: { after: whole({ min: 0, max: MAX_TICK }), limit: whole({ min: 1, max: MAX_ORDERS }) },
    answer: json(
      record({
        orders: list(record({ number: whole({ min: 1, max: MAX_TICK }), order: forgetOrder }), {
          maxItems: MAX_ORDERS,
        }),
      }),
      MAX_PAGE_BYTES,
    ),
  },
  noteProof: {
    method: 'POST',
    path: '/v1/snapshots/{snapshot}/checked',
    who: 'device',
    parameters: { snapshot: snapshotIdShape },
    request: json(record(proofFigures)),
    isIdempotent: true,
  },
  proofs: {
    method: 'GET',
    path: '/v1/snapshots/checked',
    who: 'device',
    /** In the order of their snapshots' leaves in the log, from this leaf on. */
    query: { ...page, fromLeaf: whole({ min: 0, max: MAX_TICK }) },
    answer: json(record({ proofs: list(keptProof, { maxItems: MAX_PAGE }) }), MAX_PAGE_BYTES),
  },
  receipt: {
    method: 'GET',
    path: '/v1/receipts/{snapshot}',
    who: 'device',
    parameters: { snapshot: snapshotIdShape },
    answer: json(custodyReceipt),
  },
  tickets: {
    method: 'POST',
    path: '/v1/tickets',
    who: 'device',
    request: json(
      record({
        copies: list(record({ storeId: storeIdShape, copyId: copyIdShape }), {
          maxItems: MAX_PACKS_PER_CALL,
        }),
      }),
    ),
    answer: json(
      record({
        tickets: list(bytes({ min: TICKET_BYTES, max: TICKET_BYTES }), {
          maxItems: MAX_PACKS_PER_CALL,
        }),
      }),
    ),
  },
  orderRemoval: {
    method: 'POST',
    path: '/v1/warrants',
    who: 'device',
    request: raw(MAX_WARRANT_COPIES * 64),
    isIdempotent: true,
    deadlineMs: COMMIT_DEADLINE_MS,
  },
});
