// What a coordinator answers to those who are about to belong to its network, and about their belonging: join,
// log in, enrol, certificates, devices, journal and inbox (docs/design/enrolment.md, docs/design/members.md).
import { deviceId, MAX_STORES } from '@kura/base';
import { MAX_LINE_BYTES } from '../../coordinator-port.ts';
import { MAX_REVOCATIONS_BYTES } from '../../revocations.ts';
import { defineEndpoints, json, raw } from '../endpoint.ts';
import {
  bytes,
  choice,
  flag,
  hexId,
  type Infer,
  list,
  optional,
  real,
  record,
  text,
  timeMs,
  whole,
} from '../shape.ts';
import {
  hash,
  memberIdShape,
  publicKey,
  sessionIdShape,
  signature,
  storeIdentity,
  storeIdShape,
} from '../shapes.ts';

/** A page of the journal. */
export const MAX_ENTRIES = 1000;
const MAX_ENTRIES_BYTES = 16 * 1024 * 1024;
/** UTF-16 units. */
export const MAX_INBOX_BODY = 64 * 1024;
/** A page of the inbox: even of the largest messages, one answer. */
export const MAX_MESSAGES = 100;
const MAX_MESSAGES_BYTES = 32 * 1024 * 1024;
export const MAX_DEVICES = 64;
/** Names that a certificate of a listener may carry. */
const MAX_HOSTS = 16;
/** Strangers send these, and each may hold as much memory for as many connections as there are. */
const MAX_STRANGERS_BYTES = 32 * 1024;
/** Of the library's messages: longer ones are none of them. */
const MAX_OPAQUE_CHARACTERS = 1024;
const MAX_PEM_CHARACTERS = 8192;
const MAC_BYTES = 32;

const token = record({
  tokenId: hexId((id) => id, { hexLength: 16 }),
  secret: bytes({ min: 16, max: 16 }),
});
/** PKCS #10, DER. */
const request = bytes({ min: 1, max: 512 });
const opaque = text({ maxLength: MAX_OPAQUE_CHARACTERS });
const name = text({ maxLength: 64 });
const pem = text({ maxLength: MAX_PEM_CHARACTERS });
export const deviceIdShape = hexId(deviceId, { hexLength: 32 });
const loginIdShape = hexId((id) => id, { hexLength: 32 });

/** Of a home, or of a device that is elsewhere. */
const place = record({
  name: text({ maxLength: 128 }),
  lat: real({ min: -90, max: 90 }),
  lon: real({ min: -180, max: 180 }),
  powerArea: text({ maxLength: 128 }),
});

/** The network as whoever belongs to it has to know it from now on. */
export const networkNotice = record({
  networkId: hexId((id) => id, { hexLength: 32 }),
  /** The authority's certificate. */
  authorityPem: pem,
  logOrigin: text({ maxLength: 256 }),
  logKey: publicKey,
  /** Signs warrants, grants, admissions, revocation lists and notices. */
  coordinatorKey: publicKey,
});

const issued = { certificatePem: pem, network: networkNotice };

const device = record({
  /** Ed25519; the first 16 bytes of its SHA-256 are the device's id. */
  publicKey,
  /** The owner's, over the key (`@kura/member-seal`, device.ts). */
  ownerSignature: signature,
  /** For people: "laptop". */
  name,
});

/** All that a new member says about themselves; the owner signs it (`join-proof.ts`). */
export const joinStatement = record({
  tokenId: hexId((id) => id, { hexLength: 16 }),
  account: name,
  registrationRecord: opaque,
  memberId: memberIdShape,
  ownerKey: publicKey,
  /** X25519: to it the network seals what the card needs after a move. */
  noticeKey: publicKey,
  /** SHA-256 of the SubjectPublicKeyInfo of the card's TLS certificate. */
  cardKeyHash: hash,
  device,
  certificateRequest: request,
  home: place,
});
export type JoinStatement = Infer<typeof joinStatement>;

/** All but the proof of a login that ends: the session key of the login makes a MAC over it. */
export const loginStatement = record({
  loginId: loginIdShape,
  finishRequest: opaque,
  device,
  certificateRequest: request,
});
export type LoginStatement = Infer<typeof loginStatement>;

/** What a new shelf has to be founded with. */
const enrolmentTerms = record({
  network: networkNotice,
  leafBytes: whole({ min: 1, max: 1024 * 1024 }),
  packLeaves: list(whole({ min: 1, max: 4096 }), { maxItems: 3 }),
  windowLeaves: whole({ min: 1, max: 4096 }),
  suite: text({ maxLength: 64 }),
});

const newStore = record({
  identity: storeIdentity,
  /** The store's, over the SHA-256 of the certificate request (`identity-proof.ts`). */
  proof: signature,
  kind: choice(['strict', 'readable']),
  /** Of the inward listener; a strict store has none. */
  address: optional(text({ maxLength: 260 })),
  readerAddress: optional(text({ maxLength: 260 })),
  lineMbit: whole({ min: 1, max: 10_000_000 }),
  capacityBytes: whole({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  /** Lower is asked first among equals. */
  rank: whole({ min: 0, max: 1000 }),
  operator: text({ maxLength: 128 }),
});
export type NewStore = Infer<typeof newStore>;

export const journalEntry = record({
  sessionId: sessionIdShape,
  kind: choice(['backup', 'prune', 'repair', 'restore', 'check']),
  beganMs: timeMs,
  endedMs: optional(timeMs),
  outcome: choice(['running', 'done', 'failed', 'abandoned']),
  /** A JSON object: what the session counted. */
  figures: text({ maxLength: 4096 }),
  /** What it was about, sealed to the member. */
  line: optional(bytes({ min: 1, max: MAX_LINE_BYTES })),
  /** Where the packs that it wrote lie now, or did when a card was told. */
  places: optional(
    list(
      record({ storeId: storeIdShape, copies: whole({ min: 1, max: Number.MAX_SAFE_INTEGER }) }),
      {
        maxItems: MAX_STORES,
      },
    ),
  ),
});

export const INBOX_KINDS = [
  'stored',
  'failed',
  'moved',
  'incident',
  'contract',
  'device',
  'webhook',
  'statement',
] as const;
/** Of a member's webhook. */
export const MAX_WEBHOOK_URL = 500;

const inboxMessage = record({
  number: whole({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  kind: choice(INBOX_KINDS),
  madeMs: timeMs,
  readMs: optional(timeMs),
  /** A JSON object. */
  body: text({ maxLength: MAX_INBOX_BODY }),
});

export const ACCOUNT_ENDPOINTS = defineEndpoints({
  joinStart: {
    method: 'POST',
    path: '/v1/join/start',
    who: 'token',
    request: json(
      record({ token, account: name, registrationRequest: opaque }),
      MAX_STRANGERS_BYTES,
    ),
    answer: json(record({ registrationResponse: opaque })),
  },
  joinFinish: {
    method: 'POST',
    path: '/v1/join/finish',
    who: 'token',
    request: json(record({ token, statement: joinStatement, signature }), MAX_STRANGERS_BYTES),
    answer: json(record(issued)),
  },
  loginStart: {
    method: 'POST',
    path: '/v1/login/start',
    who: 'nobody',
    request: json(record({ account: name, startRequest: opaque }), MAX_STRANGERS_BYTES),
    answer: json(record({ loginId: loginIdShape, loginResponse: opaque })),
  },
  loginFinish: {
    method: 'POST',
    path: '/v1/login/finish',
    who: 'nobody',
    request: json(
      record({ statement: loginStatement, mac: bytes({ min: MAC_BYTES, max: MAC_BYTES }) }),
      MAX_STRANGERS_BYTES,
    ),
    answer: json(record({ ...issued, memberId: memberIdShape })),
  },
  enrolmentTerms: {
    method: 'POST',
    path: '/v1/enrol/terms',
    who: 'token',
    request: json(record({ token }), MAX_STRANGERS_BYTES),
    answer: json(enrolmentTerms),
  },
  enrol: {
    method: 'POST',
    path: '/v1/enrol',
    who: 'token',
    request: json(
      record({
        token,
        certificateRequest: request,
        /** Where a listener is reached, for browsers and the like: no program of the network trusts them. */
        hosts: list(text({ maxLength: 253 }), { maxItems: MAX_HOSTS }),
        store: optional(newStore),
      }),
      MAX_STRANGERS_BYTES,
    ),
    /** `gatewaySecret`: a gateway only. */
    answer: json(record({ ...issued, gatewaySecret: optional(hash) })),
  },
  renewCertificate: {
    method: 'POST',
    path: '/v1/certificates/renew',
    who: 'any',
    request: json(
      record({
        certificateRequest: request,
        hosts: list(text({ maxLength: 253 }), { maxItems: MAX_HOSTS }),
      }),
    ),
    answer: json(record(issued)),
    isIdempotent: true,
  },
  revocations: {
    method: 'GET',
    path: '/v1/revocations',
    who: 'any',
    answer: raw(MAX_REVOCATIONS_BYTES),
  },
  setHome: {
    method: 'PUT',
    path: '/v1/home',
    who: 'device',
    request: json(place),
    isIdempotent: true,
  },
  devices: {
    method: 'GET',
    path: '/v1/devices',
    who: 'device',
    answer: json(
      record({
        devices: list(
          record({
            deviceId: deviceIdShape,
            /** A card reads by its grants alone; its id is the beginning of its key's hash. */
            kind: choice(['device', 'card']),
            name,
            addedMs: timeMs,
            revokedMs: optional(timeMs),
            /** Absent: it is at home, as far as anybody has said. */
            place: optional(place),
          }),
          { maxItems: MAX_DEVICES },
        ),
      }),
    ),
  },
  placeDevice: {
    method: 'PUT',
    path: '/v1/devices/{device}/place',
    who: 'device',
    parameters: { device: deviceIdShape },
    request: json(place),
    isIdempotent: true,
  },
  /** It is at home again. */
  clearDevicePlace: {
    method: 'DELETE',
    path: '/v1/devices/{device}/place',
    who: 'device',
    parameters: { device: deviceIdShape },
    isIdempotent: true,
  },
  /** In place of the one before, whose grants are revoked. */
  putCard: {
    method: 'PUT',
    path: '/v1/card',
    who: 'device',
    /** `signature`: the owner's (`card-proof.ts`). */
    request: json(record({ cardKeyHash: hash, signature })),
    isIdempotent: true,
  },
  removeDevice: {
    method: 'DELETE',
    path: '/v1/devices/{device}',
    who: 'device',
    parameters: { device: deviceIdShape },
    isIdempotent: true,
  },
  journal: {
    method: 'GET',
    path: '/v1/journal',
    who: 'device',
    query: { limit: whole({ min: 1, max: MAX_ENTRIES }) },
    answer: json(
      record({ entries: list(journalEntry, { maxItems: MAX_ENTRIES }) }),
      MAX_ENTRIES_BYTES,
    ),
  },
  inbox: {
    method: 'GET',
    path: '/v1/inbox',
    who: 'device',
    query: {
      limit: whole({ min: 1, max: MAX_MESSAGES }),
      after: whole({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    },
    answer: json(
      record({ messages: list(inboxMessage, { maxItems: MAX_MESSAGES }) }),
      MAX_MESSAGES_BYTES,
    ),
  },
  readInbox: {
    method: 'POST',
    path: '/v1/inbox/read',
    who: 'device',
    request: json(record({ upTo: whole({ min: 0, max: Number.MAX_SAFE_INTEGER }) })),
    isIdempotent: true,
  },
  webhook: {
    method: 'GET',
    path: '/v1/webhook',
    who: 'device',
    answer: json(
      record({
        /** Absent: there is none. */
        url: optional(text({ maxLength: MAX_WEBHOOK_URL })),
        /** It failed for too long, or was taken away: nothing goes there. */
        isOn: flag,
        setMs: optional(timeMs),
        /** Messages that it has still to get. */
        waiting: whole({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        /** Since when nothing was taken. */
        failingMs: optional(timeMs),
        why: optional(text({ maxLength: 500 })),
      }),
    ),
  },
  /** In place of the one before; its secret is new each time, and answered this once. */
  setWebhook: {
    method: 'POST',
    path: '/v1/webhook',
    who: 'device',
    request: json(record({ url: text({ maxLength: MAX_WEBHOOK_URL }) })),
    answer: json(record({ secret: text({ maxLength: 64 }) })),
  },
  clearWebhook: {
    method: 'DELETE',
    path: '/v1/webhook',
    who: 'device',
    isIdempotent: true,
  },
});
