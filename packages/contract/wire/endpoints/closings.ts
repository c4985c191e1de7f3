// Removal by the operator: what an owner consents to, and the notices that an operator gives under it
// (docs/design/removal.md). Nothing here removes anything: stores judge what they are told themselves.
import { MAX_STORES } from '@kura/base';
import {
  CLOSING_CONSENT_BYTES,
  CLOSING_WITHDRAWAL_BYTES,
  MAX_NOTICE_DAYS,
  MIN_NOTICE_DAYS,
} from '../../closing/closing-consent.ts';
import { defineEndpoints, json } from '../endpoint.ts';
import {
  bytes,
  choice,
  flag,
  type Infer,
  list,
  optional,
  record,
  text,
  timeMs,
  whole,
} from '../shape.ts';
import { memberIdShape, storeIdShape } from '../shapes.ts';

export const MAX_CLOSINGS_SHOWN = 1000;
const MAX_CLOSINGS_BYTES = 4 * 1024 * 1024;
const days = whole({ min: MIN_NOTICE_DAYS, max: MAX_NOTICE_DAYS });

const closing = record({
  memberId: memberIdShape,
  closingId: text({ maxLength: 32 }),
  /** notice, ordering: can be taken back · carrying: stores were told · revoked: by the owner · stopped: by others. */
  state: choice(['notice', 'ordering', 'carrying', 'done', 'revoked', 'stopped']),
  days,
  givenMs: timeMs,
  endsMs: timeMs,
  endedMs: optional(timeMs),
  why: optional(text({ maxLength: 256 })),
  /** For how long each store has known the notice, by its own clock. */
  stores: list(
    record({
      storeId: storeIdShape,
      heldMs: whole({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      isReady: flag,
    }),
    { maxItems: MAX_STORES },
  ),
});
export type ClosingView = Infer<typeof closing>;

const consent = record({ days, signedMs: timeMs });
export type ConsentView = Infer<typeof consent>;

const closings = list(closing, { maxItems: MAX_CLOSINGS_SHOWN });
const limit = whole({ min: 1, max: MAX_CLOSINGS_SHOWN });
const ownClosings = record({ consent: optional(consent), closings });
export type OwnClosings = Infer<typeof ownClosings>;

export const CLOSING_ENDPOINTS = defineEndpoints({
  ownClosings: {
    method: 'GET',
    path: '/v1/closings',
    who: 'device',
    query: { limit },
    answer: json(ownClosings, MAX_CLOSINGS_BYTES),
  },
  consentToClosing: {
    method: 'PUT',
    path: '/v1/closings/consent',
    who: 'device',
    /** Signed by the owner. */
    request: json(
      record({ consent: bytes({ min: CLOSING_CONSENT_BYTES, max: CLOSING_CONSENT_BYTES }) }),
    ),
    isIdempotent: true,
  },
  withdrawConsent: {
    method: 'PUT',
    path: '/v1/closings/withdrawal',
    who: 'device',
    /** Signed by the owner; whatever notice was given under the consent ends. */
    request: json(
      record({
        withdrawal: bytes({ min: CLOSING_WITHDRAWAL_BYTES, max: CLOSING_WITHDRAWAL_BYTES }),
      }),
    ),
    isIdempotent: true,
  },
  closings: {
    method: 'GET',
    path: '/v1/operator/closings',
    who: 'operator',
    query: { limit },
    answer: json(record({ closings }), MAX_CLOSINGS_BYTES),
  },
  giveNotice: {
    method: 'POST',
    path: '/v1/operator/members/{member}/closing',
    who: 'operator',
    parameters: { member: memberIdShape },
    /** Absent: as many as the owner has consented to. */
    request: json(record({ days: optional(days) })),
    answer: json(closing),
  },
  stopClosing: {
    method: 'DELETE',
    path: '/v1/operator/members/{member}/closing',
    who: 'operator',
    parameters: { member: memberIdShape },
  },
});
