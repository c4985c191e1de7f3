// What a network says of dangers, to whoever runs it and to its members: events in the world, risk tables and
// their history, feeds, predictions, and what a disaster would do. A member is shown the table of its own
// level and its own packs.
import { MAX_STORES } from '@kura/base';
import { defineEndpoints, json } from '../endpoint.ts';
import {
  bytes,
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
import { memberIdShape, storeIdShape } from '../shapes.ts';

export const MAX_EVENTS_SHOWN = 2000;
const MAX_HAZARD_BYTES = 16 * 1024 * 1024;
const MAX_SCENARIO_BYTES = 256 * 1024;
const MAX_FEEDS = 200;
const MAX_ID_BYTES = 4000;
const MAX_CAUSES = 8;
const MAX_OUTLINES = 64;
/** Two numbers a point. */
const MAX_OUTLINE_NUMBERS = 800;
const MAX_CHAIN = 64;
const MAX_TRACK = 64;
const MAX_PLANNED = 1000;
export const MAX_MOVES_SHOWN = 1000;

const count = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });
const level = whole({ min: 1, max: 3 });
const probability = real({ min: 0, max: 1 });
const perYear = real({ min: 0, max: Number.MAX_VALUE });
const word = text({ maxLength: 64 });
const sentence = text({ maxLength: 2000 });
const eventId = text({ maxLength: 1000 });
const latitude = real({ min: -90, max: 90 });
/** Runs on over the date line. */
const longitude = real({ min: -720, max: 720 });
const kind = choice([
  'earthquake',
  'tsunami',
  'cyclone',
  'wind',
  'tornado',
  'flood',
  'surge',
  'winter',
  'wildfire',
  'volcano',
  'power',
  'other',
]);
const stance = choice(['calm', 'watch', 'leave']);

const reached = record({ storeId: storeIdShape, lost: probability, unreachable: probability });

/** A part of an event's area: `lat, lon, lat, lon …`, thinned; or a circle. */
const outline = record({
  severity: word,
  ring: optional(list(longitude, { maxItems: MAX_OUTLINE_NUMBERS })),
  circle: optional(record({ lat: latitude, lon: longitude, radiusKm: perYear })),
});

const event = record({
  eventId,
  kind,
  title: text({ maxLength: 400 }),
  state: choice(['active', 'stale', 'ended', 'cancelled']),
  sources: list(word, { maxItems: 16 }),
  severity: word,
  certainty: word,
  urgency: word,
  onsetMs: timeMs,
  endMs: optional(timeMs),
  /** Nobody said when it ends: the network's own policy. */
  isEndAssumed: flag,
  sentMs: timeMs,
  firstSeenMs: timeMs,
  changedMs: timeMs,
  /** An epicentre, the eye of a storm, or the middle of the area. */
  place: optional(record({ lat: latitude, lon: longitude })),
  magnitude: optional(real({ min: -5, max: 12 })),
  depthKm: optional(real({ min: -10, max: 1000 })),
  maxWindKt: optional(real({ min: 0, max: 500 })),
  /** Stores whose risk it raises, the worst first. */
  reached: list(reached, { maxItems: MAX_STORES }),
  /** Where asked for. */
  outlines: optional(list(outline, { maxItems: MAX_OUTLINES })),
  track: optional(
    list(record({ leadHours: perYear, lat: latitude, lon: longitude, windKt: perYear }), {
      maxItems: MAX_TRACK,
    }),
  ),
});
export type HazardView = Infer<typeof event>;

const message = record({
  source: word,
  identifier: text({ maxLength: 1000 }),
  type: word,
  sentMs: timeMs,
  receivedMs: timeMs,
});

const cause = record({
  eventId,
  kind,
  title: text({ maxLength: 400 }),
  lost: probability,
  unreachable: probability,
});

const riskRow = record({
  storeId: storeIdShape,
  city: text({ maxLength: 128 }),
  lat: latitude,
  lon: longitude,
  powerArea: text({ maxLength: 128 }),
  state: word,
  stance,
  sinceMs: timeMs,
  lost: probability,
  unreachable: probability,
  lostPerYear: perYear,
  usableBytes: count,
  causes: list(cause, { maxItems: MAX_CAUSES }),
});
export type RiskRowView = Infer<typeof riskRow>;

const riskTable = record({
  level,
  /** Of its newest row. */
  atMs: timeMs,
  rows: list(riskRow, { maxItems: MAX_STORES }),
});
export type RiskTableView = Infer<typeof riskTable>;

const feed = record({
  name: word,
  outcome: word,
  askedMs: timeMs,
  goodMs: optional(timeMs),
  nextMs: optional(timeMs),
  reports: count,
  problems: count,
  problem: optional(sentence),
});
export type FeedView = Infer<typeof feed>;

const brier = record({
  kind,
  outcome: choice(['lost', 'unreachable']),
  count,
  happened: count,
  meanProbability: probability,
  score: probability,
  reference: probability,
});
export type BrierView = Infer<typeof brier>;

const move = record({
  moveId: word,
  memberId: memberIdShape,
  kind: word,
  cause: word,
  state: word,
  level,
  from: optional(storeIdShape),
  to: optional(storeIdShape),
  leave: optional(storeIdShape),
  packs: count,
  packsDone: count,
  bytes: count,
  bytesDone: count,
  isLate: flag,
  word: text({ maxLength: 400 }),
  reason: sentence,
  note: sentence,
  madeMs: timeMs,
  startMs: optional(timeMs),
  endMs: optional(timeMs),
  harmMs: optional(timeMs),
  startedMs: optional(timeMs),
  endedMs: optional(timeMs),
});
export type MoveView = Infer<typeof move>;

const whatIf = record({
  title: text({ maxLength: 400 }),
  atMs: timeMs,
  horizonHours: perYear,
  stores: list(
    record({
      storeId: storeIdShape,
      city: text({ maxLength: 128 }),
      stanceBefore: stance,
      stanceAfter: stance,
      before: record({ lost: probability, unreachable: probability }),
      after: record({ lost: probability, unreachable: probability }),
    }),
    { maxItems: MAX_STORES },
  ),
  members: list(
    record({
      memberId: memberIdShape,
      level,
      packs: count,
      /** By how many of its copies lie where the scenario strikes: index is that number. */
      packsByCopiesHit: list(count, { maxItems: 16 }),
      /** Of home and all copies of its worst pack, per year. */
      jointLossBefore: perYear,
      jointLossAfter: perYear,
    }),
    { maxItems: MAX_PLANNED },
  ),
  moves: list(
    record({
      memberId: memberIdShape,
      level,
      packs: count,
      bytes: count,
      /** Absent: it waits for an operator, or nothing can be read. */
      from: optional(storeIdShape),
      to: storeIdShape,
      city: text({ maxLength: 128 }),
      state: word,
      endMs: optional(timeMs),
      isLate: flag,
      reason: sentence,
    }),
    { maxItems: MAX_PLANNED },
  ),
  unplaced: list(record({ memberId: memberIdShape, packs: count, reason: sentence }), {
    maxItems: MAX_PLANNED,
  }),
});
export type WhatIfView = Infer<typeof whatIf>;

/** Asked by operators and by devices of members: the handler knows which. */
const WHO = 'any';

export const HAZARD_ENDPOINTS = defineEndpoints({
  listHazards: {
    method: 'GET',
    path: '/v1/hazards',
    who: WHO,
    query: {
      /** current: in force, or stale · all: what has ended within a month as well. */
      which: choice(['current', 'all']),
      outlines: choice(['yes', 'no']),
      limit: whole({ min: 1, max: MAX_EVENTS_SHOWN }),
    },
    answer: json(
      record({ total: count, events: list(event, { maxItems: MAX_EVENTS_SHOWN }) }),
      MAX_HAZARD_BYTES,
    ),
  },
  describeHazard: {
    method: 'GET',
    path: '/v1/hazards/event',
    who: WHO,
    /** UTF-8: ids have whatever characters an agency likes. */
    query: { id: bytes({ min: 1, max: MAX_ID_BYTES }) },
    answer: json(
      record({
        event,
        names: list(text({ maxLength: 1000 }), { maxItems: MAX_CHAIN }),
        chain: list(message, { maxItems: MAX_CHAIN }),
      }),
      MAX_HAZARD_BYTES,
    ),
  },
  riskTables: {
    method: 'GET',
    path: '/v1/risk',
    who: WHO,
    query: {
      level: optional(level),
      /** Of an operator: the table that this member's level has. */
      member: optional(memberIdShape),
      atMs: optional(timeMs),
    },
    answer: json(record({ tables: list(riskTable, { maxItems: 3 }) }), MAX_HAZARD_BYTES),
  },
  hazardFeeds: {
    method: 'GET',
    path: '/v1/hazards/feeds',
    who: WHO,
    answer: json(record({ feeds: list(feed, { maxItems: MAX_FEEDS }) })),
  },
  predictions: {
    method: 'GET',
    path: '/v1/risk/predictions',
    who: WHO,
    answer: json(record({ open: count, rows: list(brier, { maxItems: 64 }) })),
  },
  listMoves: {
    method: 'GET',
    path: '/v1/moves',
    who: WHO,
    query: {
      which: choice(['open', 'all']),
      limit: whole({ min: 1, max: MAX_MOVES_SHOWN }),
      /** Its id, or the beginning of it. */
      id: optional(text({ maxLength: 32 })),
    },
    answer: json(record({ moves: list(move, { maxItems: MAX_MOVES_SHOWN }) }), MAX_HAZARD_BYTES),
  },
  whatIf: {
    method: 'POST',
    path: '/v1/plan/what-if',
    who: WHO,
    /** As of `docs/operate/hazards.md`, as text. */
    request: json(
      record({ scenario: text({ maxLength: MAX_SCENARIO_BYTES }) }),
      2 * MAX_SCENARIO_BYTES,
    ),
    answer: json(whatIf, MAX_HAZARD_BYTES),
    isIdempotent: true,
  },
});
