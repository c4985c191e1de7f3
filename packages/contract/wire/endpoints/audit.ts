// What a network says of its audits: how far the round is, how each store answers, what that reads and costs its
// line, what was found and where, and the secrets of days that are over, so that anyone can draw again what was
// asked.
import { MAX_STORES } from '@kura/base';
import { defineEndpoints, json } from '../endpoint.ts';
import {
  choice,
  flag,
  type Infer,
  list,
  optional,
  real,
  record,
  text,
  timeMs,
  whole,
} from '../shape.ts';
import { copyIdShape, hash, memberIdShape, packIdShape, storeIdShape } from '../shapes.ts';

export const MAX_FINDINGS_SHOWN = 1000;
export const MAX_SEEDS_SHOWN = 400;
const MAX_AUDIT_BYTES = 4 * 1024 * 1024;
/** A note with its cosignatures. */
const MAX_CHECKPOINT = 16_384;

const count = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });
const size = real({ min: 0, max: Number.MAX_VALUE });

const answers = record({
  ok: count,
  wrong: count,
  missing: count,
  unreadable: count,
  refused: count,
  late: count,
  unknown: count,
  offline: count,
  /** Over the store's line. */
  leafBytes: count,
  compareBytes: count,
  /** Read by the store alone. */
  fullReadBytes: count,
  /** Copies all of which was proved. */
  copiesProved: count,
});
export type AuditAnswers = Infer<typeof answers>;

const auditedStore = record({
  storeId: storeIdShape,
  city: text({ maxLength: 128 }),
  standing: choice(['good', 'watched', 'failed']),
  storedBytes: count,
  /** What may go over its line in a day; absent: no bound. */
  boundBytes: optional(count),
  /** A day, as the schedule and the bound have it. */
  leafBytesPerDay: size,
  compareBytesPerDay: size,
  /** From its own medium, its scrub not counted. */
  readBytesPerDay: size,
  roundDays: real({ min: 0, max: Number.MAX_VALUE }),
  /** A loss of a hundredth is found within a day. */
  isSwift: flag,
  today: answers,
  lastThirtyDays: answers,
  /** Copies that could not be looked at in their turn. */
  waiting: count,
});
export type AuditedStoreView = Infer<typeof auditedStore>;

const status = record({
  /** Absent: no audit was ever made. */
  schedule: optional(
    record({
      day: count,
      dayMs: count,
      round: count,
      roundBeganMs: timeMs,
      roundEndsMs: timeMs,
      slotsDone: count,
      slots: count,
    }),
  ),
  stores: list(auditedStore, { maxItems: MAX_STORES }),
});
export type AuditStatusView = Infer<typeof status>;

const finding = record({
  number: count,
  timeMs,
  memberId: memberIdShape,
  packId: packIdShape,
  storeId: storeIdShape,
  copyId: copyIdShape,
  class: text({ maxLength: 16 }),
  source: text({ maxLength: 16 }),
  /** Absent: of the copy as a whole. */
  leaf: optional(count),
  /** Within the leaf; known if another copy had it right. */
  firstBit: optional(count),
  bits: optional(count),
  blocks: optional(count),
});
export type AuditFindingView = Infer<typeof finding>;

const seed = record({ day: count, secret: hash, checkpoint: text({ maxLength: MAX_CHECKPOINT }) });
export type AuditSeedView = Infer<typeof seed>;

export const AUDIT_ENDPOINTS = defineEndpoints({
  auditStatus: {
    method: 'GET',
    path: '/v1/audits',
    who: 'any',
    answer: json(status, MAX_AUDIT_BYTES),
  },
  auditFindings: {
    method: 'GET',
    path: '/v1/audits/findings',
    who: 'any',
    query: { limit: whole({ min: 1, max: MAX_FINDINGS_SHOWN }) },
    answer: json(
      record({ findings: list(finding, { maxItems: MAX_FINDINGS_SHOWN }) }),
      MAX_AUDIT_BYTES,
    ),
  },
  auditSeeds: {
    method: 'GET',
    path: '/v1/audits/seeds',
    who: 'any',
    query: { limit: whole({ min: 1, max: MAX_SEEDS_SHOWN }) },
    /** Of days that are over only. */
    answer: json(record({ seeds: list(seed, { maxItems: MAX_SEEDS_SHOWN }) }), MAX_AUDIT_BYTES),
  },
  hastenAudits: {
    method: 'POST',
    path: '/v1/operator/audits',
    who: 'operator',
    isIdempotent: true,
  },
  boundAudits: {
    method: 'PUT',
    path: '/v1/operator/stores/{store}/audit-bound',
    who: 'operator',
    parameters: { store: storeIdShape },
    /** Absent: no bound any more. */
    request: json(record({ bytesPerDay: optional(count) })),
    isIdempotent: true,
  },
});
