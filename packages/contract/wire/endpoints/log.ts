// The log of a network, for anybody: its newest head, its tiles (C2SP tlog-tiles) and the witnesses that count; and
// what an operator says of witnesses. Texts and octets are in the forms of their specifications, for tools that know
// no Kura.
import { defineEndpoints, json, raw } from '../endpoint.ts';
import { choice, list, optional, record, text, timeMs, whole } from '../shape.ts';

/** The prefix of tlog-tiles: "checkpoint" and "tile/…" follow. */
const LOG = '/v1/log';
const MAX_TEXT_BYTES = 64 * 1024;
const TILE_BYTES = 8192;
export const MAX_TILE_PATH = 64;
/** Of a network. */
export const MAX_LISTED_WITNESSES = 64;
const TEXT = 'text/plain; charset=utf-8';

const size = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });
const count = whole({ min: 0, max: MAX_LISTED_WITNESSES });

export const LOG_ENDPOINTS = defineEndpoints({
  /** A signed note: the newest head that enough witnesses have cosigned, or the newest signed one if there is none. */
  logCheckpoint: {
    method: 'GET',
    path: `${LOG}/checkpoint`,
    who: 'nobody',
    answer: raw(MAX_TEXT_BYTES, { isDigested: false, type: TEXT, cacheControl: 'no-cache' }),
  },
  /** Hashes of 32 bytes; `tile` is "0/x001/234" or, of a partial one, "0/x001/234.p/5". */
  logTile: {
    method: 'GET',
    path: `${LOG}/tile/{tile...}`,
    who: 'nobody',
    parameters: { tile: text({ maxLength: MAX_TILE_PATH }) },
    answer: raw(TILE_BYTES, { isDigested: false, cacheControl: 'max-age=31536000, immutable' }),
  },
  /** C2SP tlog-policy. */
  logPolicy: {
    method: 'GET',
    path: `${LOG}/policy`,
    who: 'nobody',
    answer: raw(MAX_TEXT_BYTES, { isDigested: false, type: TEXT, cacheControl: 'no-cache' }),
  },
});

const name = text({ maxLength: 64 });
/** "name+id+base64" */
const verifierKey = text({ maxLength: 512 });
const url = text({ maxLength: 512 });

const witness = record({
  name,
  verifierKey,
  url,
  addedMs: timeMs,
  /** Of the last checkpoint that it cosigned. */
  size,
  /** By its own clock. */
  cosignedMs: optional(timeMs),
  /** Why it has not cosigned the newest one. */
  trouble: optional(choice(['unreachable', 'unknown', 'rolled back', 'forked'])),
});

export const WITNESS_ENDPOINTS = defineEndpoints({
  witnesses: {
    method: 'GET',
    path: '/v1/operator/witnesses',
    who: 'operator',
    answer: json(
      record({
        witnesses: list(witness, { maxItems: MAX_LISTED_WITNESSES }),
        /** How many have to cosign. */
        quorum: count,
        /** Leaves. */
        size,
        /** Leaves that the newest witnessed head covers. */
        witnessedSize: size,
        /** What witnesses have to know of the log. */
        logKey: verifierKey,
      }),
    ),
  },
  addWitness: {
    method: 'PUT',
    path: '/v1/operator/witnesses/{witness}',
    who: 'operator',
    parameters: { witness: name },
    request: json(record({ verifierKey, url })),
    isIdempotent: true,
  },
  removeWitness: {
    method: 'DELETE',
    path: '/v1/operator/witnesses/{witness}',
    who: 'operator',
    parameters: { witness: name },
    isIdempotent: true,
  },
  setWitnessQuorum: {
    method: 'PUT',
    path: '/v1/operator/witness-quorum',
    who: 'operator',
    request: json(record({ quorum: count })),
    isIdempotent: true,
  },
});
