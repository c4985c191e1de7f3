// When whole copies are audited: a round visits all slots, each at its time, in an order that nobody foresees. A slot
// is the packs whose ids begin with the same three digits, so a round needs no list of packs, audits each that is there
// once and none twice, and two numbers say how far it is.
import { createHmac } from 'node:crypto';
import { assert, DAY_MS, fromHex, type PackId } from '@kura/base';
import { Draws, shuffled } from './draws.ts';
import { keyFrom, numberBytes } from './seeds.ts';

export const SLOT_DIGITS = 3;
export const SLOTS = 16 ** SLOT_DIGITS;
/**
 * A round is so many stretches of so many days. Each stretch has the same slots in all rounds, in an order of its own:
 * two audits of a pack lie at most a round and a stretch apart (first of a stretch, and last of it the next time), and
 * that may be thirty days less what a store may be away. Longer stretches: rounds have to be shorter, and everything is
 * read more often. Shorter: a store foresees better when a copy comes.
 */
export const STRETCHES = 8;
const STRETCH_DAYS = 3;
export const ROUND_DAYS = STRETCHES * STRETCH_DAYS;
export const ROUND_MS = ROUND_DAYS * DAY_MS;

/**
 * A pack is fetched in one of so many rounds, that is in 96 days; in the others each of its stores answers a tag
 * that was made then. More: fewer bytes over the line, and older tags.
 */
export const ROUNDS_PER_FETCH = 4;

/**
 * compare: one copy is fetched, and the others compared with it · full-read: each store reads its copy and answers
 * 16 bytes.
 */
export type TurnKind = 'compare' | 'full-read';

/** The slots of a round in their order. `seed`: of its first day. */
export function slotOrder(seed: Uint8Array, round: number): readonly number[] {
  const draws = new Draws(keyFrom(seed, 'round', numberBytes(round)));
  const slots = SLOTS / STRETCHES;
  return Array.from({ length: STRETCHES }, (_, stretch) =>
    shuffled(draws, slots).map((slot) => stretch * slots + slot),
  ).flat();
}

/** Which slot a pack is in. */
export function slotOf(packId: PackId): number {
  return Number.parseInt(packId.slice(0, SLOT_DIGITS), 16);
}

/** How the ids of a slot's packs begin. */
export function slotPrefix(slot: number): string {
  assert(Number.isInteger(slot) && slot >= 0 && slot < SLOTS, `slot ${slot} is not in a round`);
  return slot.toString(16).padStart(SLOT_DIGITS, '0');
}

/** How many slots of a round should have been visited by now. */
export function slotsDue(
  round: { readonly beganMs: number; readonly roundMs: number },
  nowMs: number,
) {
  const part = (nowMs - round.beganMs) / round.roundMs;
  return Math.min(SLOTS, Math.max(0, Math.floor(part * SLOTS)));
}

/** When a pack's turn comes, since its round began, as a fraction of it. */
export function turnOf(order: readonly number[], packId: PackId): number {
  return (order.indexOf(slotOf(packId)) + 1) / SLOTS;
}

/** A quarter of all packs is fetched in each round; which, only the auditor knows. */
export function turnKind(auditSecret: Uint8Array, packId: PackId, round: number): TurnKind {
  const [phase = 0] = drawOf(auditSecret, packId);
  return (phase + round) % ROUNDS_PER_FETCH === 0 ? 'compare' : 'full-read';
}

/** Which of a pack's copies is fetched in a round: at its next fetch it is the next one. */
export function leadOf(
  auditSecret: Uint8Array,
  packId: PackId,
  { round, copies }: { readonly round: number; readonly copies: number },
): number {
  assert(copies > 0, 'a pack has copies');
  const [phase = 0, first = 0] = drawOf(auditSecret, packId);
  return (first + Math.floor((phase + round) / ROUNDS_PER_FETCH)) % copies;
}

function drawOf(auditSecret: Uint8Array, packId: PackId): Uint8Array {
  return createHmac('sha256', auditSecret).update('turn\n').update(fromHex(packId)).digest();
}
