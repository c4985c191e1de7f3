// What a coordinator says of validity audits: how each stands, the statement of one, and an objection to it
// (docs/design/validity.md).
import { defineEndpoints, json } from '../endpoint.ts';
import { choice, type Infer, list, optional, record, text, timeMs, whole } from '../shape.ts';
import { memberIdShape } from '../shapes.ts';

export const MAX_VALIDITY_SHOWN = 1000;
export const MAX_OBJECTION = 2000;
/** With 200 incidents and as many stores as a network may have. */
const MAX_STATEMENT = 512 * 1024;
const MAX_PAGE_BYTES = 8 * 1024 * 1024;

const count = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });
const number = whole({ min: 1, max: 1_000_000 });
const result = text({ maxLength: 16 });
const objection = record({ madeMs: timeMs, text: text({ maxLength: MAX_OBJECTION }) });

const audit = record({
  memberId: memberIdShape,
  number,
  /** The period. */
  fromMs: timeMs,
  untilMs: timeMs,
  /** From 1; each objection begins another. */
  attempt: number,
  state: choice(['queueing', 'auditing', 'issued', 'closed']),
  beganMs: timeMs,
  /** Copies that have still to be looked at. */
  waiting: count,
  /** Absent: no statement is open. */
  objectUntilMs: optional(timeMs),
  objections: list(objection, { maxItems: 8 }),
  /** Of the newest statement. */
  result: optional(result),
  /** Number of the custody event that closed it. */
  event: optional(count),
});
export type ValidityView = Infer<typeof audit>;

const statement = record({
  /** Canonical JSON. */
  statement: text({ maxLength: MAX_STATEMENT }),
  /** Its SHA-256, hex. */
  hash: text({ maxLength: 64 }),
  event: optional(count),
});
export type StatementView = Infer<typeof statement>;

export const VALIDITY_ENDPOINTS = defineEndpoints({
  validityAudits: {
    method: 'GET',
    path: '/v1/validity',
    who: 'any',
    query: { limit: whole({ min: 1, max: MAX_VALIDITY_SHOWN }) },
    answer: json(record({ audits: list(audit, { maxItems: MAX_VALIDITY_SHOWN }) }), MAX_PAGE_BYTES),
  },
  validityStatement: {
    method: 'GET',
    path: '/v1/validity/{statement}',
    who: 'device',
    parameters: { statement: number },
    answer: json(statement, 2 * MAX_STATEMENT),
  },
  objectToStatement: {
    method: 'POST',
    path: '/v1/validity/{statement}/objections',
    who: 'device',
    parameters: { statement: number },
    request: json(record({ text: text({ maxLength: MAX_OBJECTION }) })),
  },
});
