// What a member's card gives back to a network that was rebuilt from an older kit (docs/design/rebuild.md): packs to a
// gateway, which asks their stores, and the history to a coordinator, which has the log.
import { MAX_COPIES } from '@kura/base';
import { MAX_EVENTS } from '../../events-port.ts';
import { defineEndpoints, json } from '../endpoint.ts';
import { choice, list, optional, record, text, whole } from '../shape.ts';
import {
  hash,
  leafCount,
  packIdShape,
  sessionIdShape,
  snapshotIdShape,
  storeIdShape,
} from '../shapes.ts';
import { custodyReceipt, MAX_PACKS_PER_CALL, snapshotRow } from './custody.ts';

/** 500 packs of eight copies. */
const MAX_PACKS_BYTES = 4 * 1024 * 1024;
/** Receipts are 64 KiB at most, and a few as a rule. */
const MAX_HISTORY_BYTES = 8 * 1024 * 1024;
export const MAX_RETURNED = 100;
/** Of one stretch of silence of the stores: each question is one of theirs. */
const CONFIRM_DEADLINE_MS = 300_000;

const count = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });

const returnedPack = record({
  packId: packIdShape,
  leafCount,
  copies: list(record({ storeId: storeIdShape, root: hash }), { maxItems: MAX_COPIES }),
});

const unconfirmed = record({
  packId: packIdShape,
  storeId: storeIdShape,
  why: choice(['missing', 'other', 'away', 'unknown']),
});

export const RETURN_ENDPOINTS = defineEndpoints({
  returnHistory: {
    method: 'POST',
    path: '/v1/returns/history',
    who: 'device',
    request: json(
      record({
        /** After the packs that they need. */
        snapshots: list(record({ row: snapshotRow, receipt: optional(custodyReceipt) }), {
          maxItems: MAX_RETURNED,
        }),
        /** In the order of the member's chain. */
        events: list(
          record({
            number: whole({ min: 1, max: Number.MAX_SAFE_INTEGER }),
            receipt: record({ body: text({ maxLength: 64 * 1024 }), leafIndex: count }),
          }),
          { maxItems: MAX_EVENTS },
        ),
      }),
      MAX_HISTORY_BYTES,
    ),
    answer: json(
      record({
        snapshots: count,
        refused: list(
          record({ snapshotId: snapshotIdShape, why: choice(['forgotten', 'pack', 'log']) }),
          { maxItems: MAX_RETURNED },
        ),
        events: count,
      }),
    ),
    isIdempotent: true,
  },
  /** Nothing more is awaited: removals, prunes and new events go on. */
  endReturns: {
    method: 'POST',
    path: '/v1/returns/end',
    who: 'device',
    /** The newest notice that the card has read: its number goes to no other. */
    request: json(record({ notices: count })),
    isIdempotent: true,
  },
});

export const RETURNED_PACKS_ENDPOINTS = defineEndpoints({
  returnPacks: {
    method: 'POST',
    path: '/v1/returns/packs',
    who: 'device',
    request: json(
      record({
        sessionId: sessionIdShape,
        packs: list(returnedPack, { maxItems: MAX_PACKS_PER_CALL }),
        /** Rows of the network that the card does not list. */
        unlisted: list(packIdShape, { maxItems: MAX_PACKS_PER_CALL }),
      }),
      MAX_PACKS_BYTES,
    ),
    answer: json(
      record({
        /** Packs that have their row now. */
        packs: count,
        copies: count,
        /** Rows of packs that no store has any more. */
        dropped: count,
        unconfirmed: list(unconfirmed, { maxItems: MAX_PACKS_PER_CALL * MAX_COPIES }),
      }),
      MAX_PACKS_BYTES,
    ),
    isIdempotent: true,
    deadlineMs: CONFIRM_DEADLINE_MS,
  },
});
