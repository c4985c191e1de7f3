// What a coordinator answers to a member's devices about the past: custody events, each with its proof
// (docs/design/custody.md).
import { EVENT_NAMES } from '@kura/log';
import { MAX_EVENTS } from '../../events-port.ts';
import { defineEndpoints, json } from '../endpoint.ts';
import { bytes, choice, list, record, text, timeMs, whole } from '../shape.ts';
import { custodyReceipt } from './custody.ts';

const MAX_EVENTS_BYTES = 8 * 1024 * 1024;
const MAX_REQUEST_BYTES = 256;
const MAX_ANSWER_BYTES = 16 * 1024;

export const loggedEvent = record({
  number: whole({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  event: choice(EVENT_NAMES),
  about: text({ maxLength: 256 }),
  timeMs,
  receipt: custodyReceipt,
});

export const EVENT_ENDPOINTS = defineEndpoints({
  events: {
    method: 'GET',
    path: '/v1/events',
    who: 'device',
    query: {
      limit: whole({ min: 1, max: MAX_EVENTS }),
      after: whole({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    },
    answer: json(record({ events: list(loggedEvent, { maxItems: MAX_EVENTS }) }), MAX_EVENTS_BYTES),
  },
  /** By the network's own timestamp authority: TimeStampReq and TimeStampResp of RFC 3161, in DER. */
  timestamp: {
    method: 'POST',
    path: '/v1/timestamps',
    who: 'device',
    request: json(record({ request: bytes({ min: 1, max: MAX_REQUEST_BYTES }) })),
    answer: json(record({ answer: bytes({ min: 1, max: MAX_ANSWER_BYTES }) })),
    isIdempotent: true,
  },
});
