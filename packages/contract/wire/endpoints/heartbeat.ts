// What a store tells its coordinator every ten seconds, and what it learns: whom to dial, whose tickets and
// acknowledgements to believe. A store that hears nothing goes on with what it knew last.
import { MAX_STORES } from '@kura/base';
import { MAX_SCRUB_REPORT_BYTES } from '../../audit/scrub-report.ts';
import { STATEMENT_BYTES } from '../../reader-statement.ts';
import { defineEndpoints, json } from '../endpoint.ts';
import { holdOrderShape } from '../hold-order.ts';
import { bytes, choice, flag, list, optional, real, record, text, whole } from '../shape.ts';
import { publicKey, storeIdShape } from '../shapes.ts';

export const HEARTBEAT_MS = 10_000;
export const MAX_GATEWAYS = 64;
export const MAX_FUEL_HOURS = 10_000;
/** While one key replaces another there are two. */
export const MAX_TICKET_KEYS = 4;

const address = text({ maxLength: 260 });
const tick = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });

/** Whom a store believes; sent whole, and only when the store knows an older state of it. */
const networkKeys = record({
  /** Grows whenever one of them changes. */
  tick,
  /** Ed25519, raw: sign tickets. */
  ticketKeys: list(publicKey, { maxItems: MAX_TICKET_KEYS }),
  /** Of the other stores: their acknowledgements stand in warrants to retire a copy. */
  stores: list(record({ storeId: storeIdShape, publicKey }), { maxItems: MAX_STORES }),
});

export const HEARTBEAT_ENDPOINTS = defineEndpoints({
  heartbeat: {
    method: 'POST',
    path: '/v1/stores/heartbeat',
    who: 'store',
    request: json(
      record({
        inventoryEpoch: whole({ min: 1, max: 2 ** 32 - 1 }),
        freeBytes: whole({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        /** Of the keys that the store has; 0: none yet. */
        knownKeys: tick,
        /** Number of the revocation list that it has. */
        revocations: tick,
        /** Of a card-readable store: what its reader shows. */
        statement: optional(bytes({ min: STATEMENT_BYTES, max: STATEMENT_BYTES })),
        /** The mark that lies in its shelf; absent: none. */
        mark: optional(tick),
        /** What its own check has found, signed: `scrub-report.ts`. */
        scrub: optional(bytes({ min: 1, max: MAX_SCRUB_REPORT_BYTES })),
        /** The newest hold or release that it has heard; absent: none ever. */
        hold: optional(holdOrderShape),
        /** What the store knows of its power; absent: nothing. */
        power: optional(
          record({
            hasUtilityPower: flag,
            /** "ups", "generator". */
            supply: optional(text({ maxLength: 40 })),
            fuelHours: optional(real({ min: 0, max: MAX_FUEL_HOURS })),
          }),
        ),
      }),
    ),
    answer: json(
      record({
        state: choice(['candidate', 'active', 'unreachable', 'draining', 'retired', 'lost']),
        /** All that the network has now: a strict store dials each, an inward listener admits no other address. */
        gateways: list(address, { maxItems: MAX_GATEWAYS }),
        keys: optional(networkKeys),
        /** Of the findings of its own check, the highest number that is known here now. */
        knownFindings: optional(tick),
        /** To be kept in the shelf and told from then on; absent: the store has the newest. */
        mark: optional(tick),
        /** A newer hold or release than the store has told of. */
        hold: optional(holdOrderShape),
      }),
    ),
    isIdempotent: true,
  },
});
