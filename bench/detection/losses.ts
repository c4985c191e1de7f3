// What goes wrong at a store of the simulation, and when the shipped schedule finds it. Times are days since the
// network's first audit.
import { type PackId, packId as packIdOf, type Random, type StoreId, toHex } from '@kura/base';
import { ROUND_DAYS, SLOTS, slotOf } from '@kura/coordinator/audit/plan/rounds.ts';
import type { SimulatedAuditor } from './auditors.ts';

export interface SimulatedStore {
  readonly storeId: StoreId;
  readonly leafCount: number;
}

/** Exactly so many leaves, spread over all of the store. */
export class LostLeaves {
  readonly #leafCount: number;
  readonly #lost: number;
  readonly #factor: number;
  readonly #shift: number;

  constructor({ leafCount }: SimulatedStore, share: number, random: Random) {
    this.#leafCount = leafCount;
    this.#lost = Math.ceil(leafCount * share);
    this.#shift = random.below(leafCount);
    let factor = 1 + random.below(Math.min(leafCount, 1_000_000));
    while (commonDivisor(factor, leafCount) !== 1) factor++;
    this.#factor = factor;
  }

  has(leaf: number): boolean {
    return (leaf * this.#factor + this.#shift) % this.#leafCount < this.#lost;
  }
}

/** Days until a lost leaf is asked for; undefined: not within `limitDays`. */
export function daysUntilAsked(
  auditor: SimulatedAuditor,
  store: SimulatedStore,
  loss: { readonly lost: { has(leaf: number): boolean }; readonly at: number; limitDays: number },
): number | undefined {
  const { lost, at, limitDays } = loss;
  for (let day = Math.floor(at); day <= at + limitDays; day++) {
    for (const { moment, leaves } of auditor.questions(day, store.storeId, store.leafCount)) {
      const after = day + moment - at;
      if (after < 0) continue;
      if (after > limitDays) return undefined;
      if (leaves.some((leaf) => lost.has(leaf))) return after;
    }
  }
  return undefined;
}

export function somePack(random: Random): PackId {
  return packIdOf(toHex(random.bytes(32)));
}

/** Days until all of a pack is looked at. `places`: of each round, where each slot is in its order. */
export function daysUntilTurn(
  places: readonly (readonly number[])[],
  pack: PackId,
  at: number,
): number | undefined {
  for (let round = Math.floor(at / ROUND_DAYS); round < places.length; round++) {
    const place = places[round]?.[slotOf(pack)];
    if (place === undefined) return undefined;
    const turn = (round + (place + 1) / SLOTS) * ROUND_DAYS;
    if (turn >= at) return turn - at;
  }
  return undefined;
}

/** From the order of slots to the place of each; throws if a slot is missing or stands twice. */
export function placesOf(order: readonly number[]): readonly number[] {
  const places: number[] = [];
  for (const [place, slot] of order.entries()) {
    if (places[slot] !== undefined) throw new Error(`slot ${slot} has two turns in a round`);
    places[slot] = place;
  }
  if (order.length !== SLOTS) throw new Error('a slot has no turn in a round');
  return places;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
