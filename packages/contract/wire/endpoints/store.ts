// What a store answers to gateways, over its inward listener or over a connection that it dialled itself.
// No listing, no overwriting; what is removed follows from a warrant that the store checks.
import { ADMISSION_BYTES } from '../../admission.ts';
import { MAX_EXAMINATION_BYTES } from '../../audit/examination.ts';
import { FULL_READ_CHALLENGE_BYTES, MAX_FULL_READ_ANSWER_BYTES } from '../../audit/full-read.ts';
import { MAX_LEAF_CHALLENGE_BYTES } from '../../audit/leaf-challenge.ts';
import { MAX_CARRIED_ANSWER_BYTES } from '../../audit/leaf-evidence.ts';
import { CLOSING_WITHDRAWAL_BYTES } from '../../closing/closing-consent.ts';
import { CLOSING_NOTICE_BYTES } from '../../closing/closing-notice.ts';
import { REMOVAL_CONFIRMATION_BYTES } from '../../removal-confirmation.ts';
import { MAX_REVOCATIONS_BYTES } from '../../revocations.ts';
import { MAX_WARRANT_COPIES } from '../../warrant-form.ts';
import { MAX_COPY_TABLE_BYTES } from '../copy-table.ts';
import { defineEndpoints, json, raw, UNDIGESTED } from '../endpoint.ts';
import { bytes, list, record, whole } from '../shape.ts';
import {
  acknowledgedCopy,
  acknowledgement,
  copyIdShape,
  hash,
  leafCount,
  MAX_PACK_BYTES,
  MAX_PACK_LEAVES,
  memberIdShape,
  signature,
  storeIdentity,
} from '../shapes.ts';

/** A copy is written, synced, read back: a slow disk needs its time. */
const RECEIVE_DEADLINE_MS = 120_000;
/** All of a copy is read, and the tables of others may be, to find whose bytes lie there. */
const EXAMINE_DEADLINE_MS = 600_000;
/** Head, copies or acknowledgements, signature (`warrant.ts`). */
const MAX_WARRANT_BYTES = 256 + MAX_WARRANT_COPIES * 256;

const removed = record({
  copyIds: list(copyIdShape, { maxItems: MAX_WARRANT_COPIES }),
  /** The store's signature for the log (`removal-confirmation.ts`). */
  confirmation: bytes({ min: REMOVAL_CONFIRMATION_BYTES, max: REMOVAL_CONFIRMATION_BYTES }),
});
const identified = record({
  identity: storeIdentity,
  freeBytes: whole({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  proof: signature,
});
const durationMs = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });
const firstLeaf = whole({ min: 0, max: MAX_PACK_LEAVES - 1 });

export const STORE_ENDPOINTS = defineEndpoints({
  identify: {
    method: 'GET',
    path: '/v1/identity',
    who: 'gateway',
    query: { challenge: hash },
    answer: json(identified),
  },
  receiveCopy: {
    method: 'PUT',
    path: '/v1/copies/{copy}',
    who: 'gateway',
    parameters: { copy: copyIdShape },
    query: { member: memberIdShape },
    // A store that does not take the copy says so before a byte of it is sent.
    request: raw(MAX_PACK_BYTES, { isDigested: false, isAwaited: true }),
    answer: json(acknowledgedCopy),
    isIdempotent: true,
    deadlineMs: RECEIVE_DEADLINE_MS,
  },
  fetchTable: {
    method: 'GET',
    path: '/v1/copies/{copy}/table',
    who: 'gateway',
    parameters: { copy: copyIdShape },
    answer: raw(MAX_COPY_TABLE_BYTES, UNDIGESTED),
  },
  fetchLeaves: {
    method: 'GET',
    path: '/v1/copies/{copy}/leaves',
    who: 'gateway',
    parameters: { copy: copyIdShape },
    query: { first: firstLeaf, count: leafCount },
    answer: raw(MAX_PACK_BYTES, UNDIGESTED),
  },
  acknowledgeAgain: {
    method: 'POST',
    path: '/v1/copies/{copy}/acknowledge',
    who: 'gateway',
    parameters: { copy: copyIdShape },
    answer: json(acknowledgement),
    isIdempotent: true,
    deadlineMs: RECEIVE_DEADLINE_MS,
  },
  // Bytes of `packages/contract/audit/`, signed by the store.
  answerLeaves: {
    method: 'POST',
    path: '/v1/audits/leaves',
    who: 'gateway',
    request: raw(MAX_LEAF_CHALLENGE_BYTES),
    answer: raw(MAX_CARRIED_ANSWER_BYTES, UNDIGESTED),
    isIdempotent: true,
    deadlineMs: RECEIVE_DEADLINE_MS,
  },
  answerFullRead: {
    method: 'POST',
    path: '/v1/audits/full-read',
    who: 'gateway',
    request: raw(FULL_READ_CHALLENGE_BYTES),
    answer: raw(MAX_FULL_READ_ANSWER_BYTES, UNDIGESTED),
    isIdempotent: true,
    deadlineMs: RECEIVE_DEADLINE_MS,
  },
  examineCopy: {
    method: 'POST',
    path: '/v1/copies/{copy}/examine',
    who: 'gateway',
    parameters: { copy: copyIdShape },
    answer: raw(MAX_EXAMINATION_BYTES, UNDIGESTED),
    isIdempotent: true,
    deadlineMs: EXAMINE_DEADLINE_MS,
  },
  admitMember: {
    method: 'PUT',
    path: '/v1/members/{pseudonym}',
    who: 'gateway',
    parameters: { pseudonym: memberIdShape },
    request: json(record({ admission: bytes({ min: ADMISSION_BYTES, max: ADMISSION_BYTES }) })),
    isIdempotent: true,
  },
  hearNotice: {
    method: 'PUT',
    path: '/v1/closings',
    who: 'gateway',
    request: json(
      record({ notice: bytes({ min: CLOSING_NOTICE_BYTES, max: CLOSING_NOTICE_BYTES }) }),
    ),
    answer: json(record({ heldMs: durationMs, neededMs: durationMs })),
    isIdempotent: true,
  },
  takeWithdrawal: {
    method: 'PUT',
    path: '/v1/members/{pseudonym}/closing-withdrawal',
    who: 'gateway',
    parameters: { pseudonym: memberIdShape },
    request: json(
      record({
        withdrawal: bytes({ min: CLOSING_WITHDRAWAL_BYTES, max: CLOSING_WITHDRAWAL_BYTES }),
      }),
    ),
    isIdempotent: true,
  },
  takeRevocations: {
    method: 'PUT',
    path: '/v1/revocations',
    who: 'gateway',
    request: raw(MAX_REVOCATIONS_BYTES),
    isIdempotent: true,
  },
  removeCopies: {
    method: 'POST',
    path: '/v1/warrants',
    who: 'gateway',
    request: raw(MAX_WARRANT_BYTES),
    answer: json(removed, 1024 * 1024),
    isIdempotent: true,
    deadlineMs: RECEIVE_DEADLINE_MS,
  },
});
