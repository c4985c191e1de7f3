// Time and chance reach the core as arguments, so that a simulation can replay them. The real ones
// live here; lint bans Date.now, Math.random and randomBytes everywhere else.
import { randomBytes } from 'node:crypto';

export interface Clock {
  /** Milliseconds since 1970, UTC. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  elapsedMs(): number;
}

export interface Random {
  /** `count` bytes nobody can predict. */
  bytes(count: number): Uint8Array;
  /** A whole number from 0 up to, but not including, `limit` (at most 2^32). */
  below(limit: number): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  elapsedMs: () => performance.now(),
};

/** Draws of one call to the generator: a system call for each costs more than sealing a small leaf. */
const POOL_DRAWS = 512;
const DRAW_BYTES = 6;
let pool = Buffer.alloc(0);
let drawn = 0;

function draw(): number {
  if (drawn === pool.length) {
    pool = randomBytes(POOL_DRAWS * DRAW_BYTES);
    drawn = 0;
  }
  drawn += DRAW_BYTES;
  return pool.readUIntLE(drawn - DRAW_BYTES, DRAW_BYTES);
}

export const systemRandom: Random = {
  bytes: (count) => new Uint8Array(randomBytes(count)),
  below: (limit) => draw() % limit,
};

/** RFC 3339 in UTC, with milliseconds. */
export function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
