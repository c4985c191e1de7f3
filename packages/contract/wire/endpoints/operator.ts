// What a coordinator answers to whoever runs the network: invitations, members, plans, contracts, stores,
// certificates, and what is going on.
import { DAY_MS, MAX_STORES } from '@kura/base';
import { STORE_STATES } from '../../coordinator-port.ts';
import { defineEndpoints, json } from '../endpoint.ts';
import { MAX_HOLD_WHY } from '../hold-order.ts';
import {
  bytes,
  choice,
  flag,
  hexId,
  type Infer,
  list,
  optional,
  record,
  type Shape,
  text,
  timeMs,
  whole,
} from '../shape.ts';
import { memberIdShape, storeIdentity, storeIdShape } from '../shapes.ts';

export const MAX_OPERATOR_PAGE = 1000;
const MAX_PAGE_BYTES = 4 * 1024 * 1024;
const MAX_METRICS = 1024 * 1024;
const MAX_PLANS = 100;
const MAX_PLAN_STEPS = 8;
const MAX_INVITATION_MS = 30 * DAY_MS;
const ROLES = ['coordinator', 'gateway', 'store', 'device', 'operator'] as const;
export const INVITED = ['member', 'store', 'gateway', 'coordinator', 'operator'] as const;

const count = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });
const level = whole({ min: 1, max: 3 });
const planId = text({ maxLength: 32 });
const word = text({ maxLength: 64 });
const limit = whole({ min: 1, max: MAX_OPERATOR_PAGE });
const serial = hexId((id) => id, { hexLength: 32 });
const memberState = choice(['active', 'suspended', 'closed']);

const planTerms = {
  /** Absent: the owner says the level. */
  levels: optional(
    list(record({ fromYears: whole({ min: 0, max: 200 }), level }), { maxItems: MAX_PLAN_STEPS }),
  ),
  /** Absent is no bound; so below. */
  capacityBytes: optional(count),
  archives: optional(count),
  /** "mo-fr 0-6, sa-su 0-24", UTC. */
  hours: optional(text({ maxLength: 200 })),
  usesPerDay: optional(whole({ min: 1, max: 1000 })),
  feeMinor: count,
  /** ISO 4217. */
  currency: text({ maxLength: 3 }),
};

const plan = record({ planId, ...planTerms });
export type PlanView = Infer<typeof plan>;

const member = record({
  memberId: memberIdShape,
  account: word,
  state: memberState,
  joinedMs: timeMs,
  level,
  /** The contract in force, or the last that was; absent: there is none that has begun. */
  contract: optional(
    record({ planId, fromMs: timeMs, toMs: optional(timeMs), paidUntilMs: optional(timeMs) }),
  ),
  packs: count,
  /** Sealed, not times copies. */
  bytes: count,
  snapshots: count,
});
export type MemberView = Infer<typeof member>;

const hold = record({
  /** store: by itself, because it has been away for long; it ends with the answer to its next heartbeat. */
  by: choice(['operator', 'store']),
  sinceMs: timeMs,
  /** Of an operator's hold: who; absent for one that only the store told of. */
  operator: optional(word),
  why: text({ maxLength: MAX_HOLD_WHY }),
  /** The store has told that it knows. */
  isHeard: flag,
});
export type StoreHoldView = Infer<typeof hold>;

const store = record({
  identity: storeIdentity,
  state: choice(STORE_STATES),
  kind: choice(['folder', 'strict', 'readable']),
  location: text({ maxLength: 4096 }),
  readerAddress: optional(text({ maxLength: 260 })),
  freeBytes: count,
  capacityBytes: optional(count),
  lineMbit: optional(count),
  rank: count,
  operator: optional(text({ maxLength: 128 })),
  minimumLevel: level,
  /** Absent: it removes what is due. */
  hold: optional(hold),
});
export type OperatorStoreView = Infer<typeof store>;

const certificate = record({
  serial,
  role: choice(ROLES),
  subject: text({ maxLength: 256 }),
  issuedMs: timeMs,
  notAfterMs: timeMs,
  revokedMs: optional(timeMs),
  why: optional(text({ maxLength: 256 })),
});
export type CertificateView = Infer<typeof certificate>;

const sessionEntry = record({
  memberId: memberIdShape,
  kind: choice(['backup', 'prune', 'repair', 'restore', 'check']),
  beganMs: timeMs,
  endedMs: optional(timeMs),
  outcome: choice(['running', 'done', 'failed', 'abandoned']),
});

const page = <T>(of: Shape<T>): Shape<readonly T[]> => list(of, { maxItems: MAX_OPERATOR_PAGE });

const impostorCalls = record({
  /** As an edge counts it; "others": from more than are counted. */
  address: text({ maxLength: 64 }),
  /** Of this network, whom the certificate names: a claim. */
  storeId: optional(storeIdShape),
  /** What is wrong with the certificate. */
  reason: text({ maxLength: 32 }),
  calls: count,
  firstMs: timeMs,
  lastMs: timeMs,
});
export type ImpostorCallsView = Infer<typeof impostorCalls>;

const impostorIncident = record({
  incidentId: hexId((id) => id, { hexLength: 32 }),
  kind: choice(['address', 'store']),
  /** The address, or the id of the store whose name was used. */
  subject: text({ maxLength: 64 }),
  openedMs: timeMs,
  calls: count,
  message: text({ maxLength: 1000 }),
});
export type ImpostorIncidentView = Infer<typeof impostorIncident>;

export const OPERATOR_ENDPOINTS = defineEndpoints({
  invite: {
    method: 'POST',
    path: '/v1/operator/invitations',
    who: 'operator',
    request: json(
      record({
        purpose: choice(INVITED),
        /** Of a member: required. */
        planId: optional(planId),
        paidUntilMs: optional(timeMs),
        mailAddress: optional(text({ maxLength: 254 })),
        /** Of an operator: the name, required. */
        operator: optional(word),
        lastsMs: optional(whole({ min: 1, max: MAX_INVITATION_MS })),
      }),
    ),
    answer: json(
      record({
        tokenId: hexId((id) => id, { hexLength: 16 }),
        secret: bytes({ min: 16, max: 16 }),
        untilMs: timeMs,
      }),
    ),
  },
  members: {
    method: 'GET',
    path: '/v1/operator/members',
    who: 'operator',
    query: { limit, after: optional(memberIdShape) },
    answer: json(record({ members: page(member) }), MAX_PAGE_BYTES),
  },
  member: {
    method: 'GET',
    path: '/v1/operator/members/{member}',
    who: 'operator',
    parameters: { member: memberIdShape },
    answer: json(member),
  },
  setMemberState: {
    method: 'PUT',
    path: '/v1/operator/members/{member}/state',
    who: 'operator',
    parameters: { member: memberIdShape },
    request: json(record({ state: memberState })),
    isIdempotent: true,
  },
  setContract: {
    method: 'PUT',
    path: '/v1/operator/members/{member}/contract',
    who: 'operator',
    parameters: { member: memberIdShape },
    request: json(
      record({
        planId,
        /** Absent: changes the contract in force, or begins one now. */
        fromMs: optional(timeMs),
        toMs: optional(timeMs),
        paidUntilMs: optional(timeMs),
      }),
    ),
    isIdempotent: true,
  },
  plans: {
    method: 'GET',
    path: '/v1/operator/plans',
    who: 'operator',
    answer: json(record({ plans: list(plan, { maxItems: MAX_PLANS }) })),
  },
  setPlan: {
    method: 'PUT',
    path: '/v1/operator/plans/{plan}',
    who: 'operator',
    parameters: { plan: planId },
    request: json(record(planTerms)),
    isIdempotent: true,
  },
  stores: {
    method: 'GET',
    path: '/v1/operator/stores',
    who: 'operator',
    answer: json(record({ stores: list(store, { maxItems: MAX_STORES }) }), MAX_PAGE_BYTES),
  },
  setStore: {
    method: 'PUT',
    path: '/v1/operator/stores/{store}',
    who: 'operator',
    parameters: { store: storeIdShape },
    request: json(
      record({
        state: optional(choice(['active', 'draining', 'retired', 'lost'])),
        minimumLevel: optional(level),
      }),
    ),
    isIdempotent: true,
  },
  setHold: {
    method: 'PUT',
    path: '/v1/operator/stores/{store}/hold',
    who: 'operator',
    parameters: { store: storeIdShape },
    request: json(
      record({
        isHeld: flag,
        /** Of a hold. */
        why: optional(text({ maxLength: MAX_HOLD_WHY })),
      }),
    ),
    isIdempotent: true,
  },
  certificates: {
    method: 'GET',
    path: '/v1/operator/certificates',
    who: 'operator',
    query: { limit, after: optional(serial) },
    answer: json(record({ certificates: page(certificate) }), MAX_PAGE_BYTES),
  },
  revokeCertificate: {
    method: 'POST',
    path: '/v1/operator/certificates/{serial}/revoke',
    who: 'operator',
    parameters: { serial },
    request: json(
      record({
        why: text({ maxLength: 256 }),
        /** Whoever stole a key may have had it renewed: every certificate of the same holder. */
        isWholeHolder: flag,
      }),
    ),
    isIdempotent: true,
  },
  sessions: {
    method: 'GET',
    path: '/v1/operator/journal',
    who: 'operator',
    query: { limit },
    answer: json(record({ sessions: page(sessionEntry) }), MAX_PAGE_BYTES),
  },
  /** Of the coordinator that answers, as its health pages show them. */
  metrics: {
    method: 'GET',
    path: '/v1/operator/metrics',
    who: 'operator',
    answer: json(record({ text: text({ maxLength: MAX_METRICS }) }), MAX_PAGE_BYTES),
  },
  impostors: {
    method: 'GET',
    path: '/v1/operator/impostors',
    who: 'operator',
    query: { limit },
    answer: json(
      record({ calls: page(impostorCalls), incidents: page(impostorIncident) }),
      MAX_PAGE_BYTES,
    ),
  },
  leases: {
    method: 'GET',
    path: '/v1/operator/leases',
    who: 'operator',
    answer: json(
      record({ leases: page(record({ name: word, holder: word, epoch: count, untilMs: timeMs })) }),
    ),
  },
});
