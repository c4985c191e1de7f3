// What people say about moves, and see of them: an operator pauses, approves, refuses, and watches a store being
// emptied; a member says in which regions copies may lie.
import { defineEndpoints, json } from '../endpoint.ts';
import { choice, flag, type Infer, list, optional, record, text, timeMs, whole } from '../shape.ts';
import { memberIdShape, storeIdShape } from '../shapes.ts';

export const MAX_DECISIONS_SHOWN = 1000;
const MAX_DECISIONS_BYTES = 4 * 1024 * 1024;
const MAX_REGIONS = 64;

const count = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });
const region = text({ maxLength: 128 });
const moveId = text({ maxLength: 32 });

const regions = record({
  pinned: list(region, { maxItems: MAX_REGIONS }),
  forbidden: list(region, { maxItems: MAX_REGIONS }),
});
export type RegionsView = Infer<typeof regions>;

const drainage = record({
  state: text({ maxLength: 16 }),
  /** That still count there. */
  copies: count,
  bytes: count,
  /** Bytes that the store has not confirmed to be gone yet: warrants on their way. */
  removals: count,
  /** The store is on hold: copies are made elsewhere, and none leaves. */
  isHeld: flag,
  /** Copies that can go nowhere now, by the newest plan; absent: none. */
  why: optional(text({ maxLength: 4096 })),
});
export type DrainageView = Infer<typeof drainage>;

const decision = record({
  number: count,
  timeMs,
  what: text({ maxLength: 32 }),
  reason: text({ maxLength: 65_536 }),
  memberId: optional(memberIdShape),
  moveId: optional(moveId),
  storeId: optional(storeIdShape),
});
export type DecisionView = Infer<typeof decision>;

export const MOVE_ENDPOINTS = defineEndpoints({
  regions: { method: 'GET', path: '/v1/regions', who: 'device', answer: json(regions) },
  setRegion: {
    method: 'PUT',
    path: '/v1/regions',
    who: 'device',
    request: json(record({ region, rule: choice(['pinned', 'forbidden', 'free']) })),
    answer: json(regions),
    isIdempotent: true,
  },
  pauseMoves: {
    method: 'PUT',
    path: '/v1/operator/moves',
    who: 'operator',
    request: json(record({ isPaused: flag })),
    isIdempotent: true,
  },
  judgeMove: {
    method: 'PUT',
    path: '/v1/operator/moves/{move}',
    who: 'operator',
    /** Its id, or the beginning of it. */
    parameters: { move: moveId },
    request: json(record({ verdict: choice(['approve', 'veto']) })),
    isIdempotent: true,
  },
  drainage: {
    method: 'GET',
    path: '/v1/operator/stores/{store}/drainage',
    who: 'operator',
    parameters: { store: storeIdShape },
    answer: json(drainage),
  },
  decisions: {
    method: 'GET',
    path: '/v1/operator/decisions',
    who: 'operator',
    query: { limit: whole({ min: 1, max: MAX_DECISIONS_SHOWN }) },
    answer: json(
      record({ decisions: list(decision, { maxItems: MAX_DECISIONS_SHOWN }) }),
      MAX_DECISIONS_BYTES,
    ),
  },
});
