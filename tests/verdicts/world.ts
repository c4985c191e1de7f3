// What a case is made of: a kind of world, what its right verdict is, what can happen to a medium, and the program of a
// store that does as it should.
import { must } from '@kura/base';
import type { VerdictKind } from '@kura/contract/evidence/index.ts';
import type { SeededRandom } from '@kura/testing';
import type { StoreProgram, Trigger } from './incident.ts';
import { type Damage, ModelShelf, type PreparedCopy } from './shelf.ts';

export interface World {
  readonly program: StoreProgram;
  readonly trigger: Trigger;
  /** Places of damage on the rest of the device in 30 days, and whether its medium gave errors. */
  readonly device: { readonly places: number; readonly hasMediumErrors: boolean };
  readonly failures?: number;
}

export interface WorldKind {
  readonly name: string;
  readonly isHonest: boolean;
  /** Of 100 cases. */
  readonly share: number;
  /** Verdicts that are right. */
  readonly right: readonly VerdictKind[];
  /** What its store signs could not have come from a store of the other sort. */
  readonly canBeTold: boolean;
  make(copy: PreparedCopy, random: SeededRandom): World;
}

export const HASH_BYTES = 32;
/** Blocks of a leaf. */
export const BLOCKS = 16;
export const QUIET = { places: 0, hasMediumErrors: false };

// ── What happens to a medium ────────────────────────────────────────────────────────────────────────

export function hurt(
  shelf: ModelShelf,
  leaf: number,
  damage: Partial<Damage>,
  random: SeededRandom,
): void {
  if (leaf < 0 || leaf >= shelf.leafCount) return;
  const blocks = 1 + random.below(3);
  shelf.damage.set(leaf, { kind: 'wrong', hash: random.bytes(HASH_BYTES), blocks, ...damage });
}

/** One place: a leaf, now and then its neighbour too. */
export function hurtPlace(shelf: ModelShelf, damage: Partial<Damage>, random: SeededRandom): void {
  const leaf = random.below(shelf.leafCount);
  hurt(shelf, leaf, damage, random);
  if (random.chance(0.25)) hurt(shelf, leaf + 1, damage, random);
}

export const SECTOR: Partial<Damage> = { kind: 'unreadable', errno: 'EIO' };

export function scatter(shelf: ModelShelf, places: number, random: SeededRandom): void {
  const step = Math.floor(shelf.leafCount / places);
  for (let place = 0; place < places; place++) {
    hurt(shelf, place * step + random.below(Math.max(1, step - 2)), {}, random);
  }
}

/** What most devices have: nothing, or a few places in its month. */
export function ordinaryDevice(random: SeededRandom, hasMediumErrors: boolean) {
  if (random.chance(0.8)) return { places: 0, hasMediumErrors };
  return { places: 1 + random.below(hasMediumErrors ? 20 : 3), hasMediumErrors };
}

// ── Programs ────────────────────────────────────────────────────────────────────────────────────────

export function honest(shelf: ModelShelf): StoreProgram {
  return {
    answer: (leaves) => leaves.map((leaf) => shelf.answerItem(leaf)),
    examine: (timeMs) => shelf.examine(timeMs),
  };
}

export function whole(copy: PreparedCopy, timeMs: number) {
  return new ModelShelf(copy).examine(timeMs);
}

/** Something of what is damaged was asked for; otherwise nobody would have seen it. */
export function seenIn(shelf: ModelShelf, random: SeededRandom): Trigger {
  const damaged = [...shelf.damage.keys()];
  if (damaged.length === 0) return { source: 'leaves', leaves: [random.below(shelf.leafCount)] };
  const leaves = [random.pick(damaged)];
  if (random.chance(0.6)) return { source: 'leaves', leaves };
  const source = random.pick(['restore', 'repair', 'compare'] as const);
  const isUnreadable = shelf.damage.get(must(leaves[0], 'one'))?.kind === 'unreadable';
  return { source, leaves, class: isUnreadable ? 'unreadable' : 'wrong' };
}

export function decaying(
  spoil: (shelf: ModelShelf, random: SeededRandom) => void,
  isMedium: boolean,
) {
  return (copy: PreparedCopy, random: SeededRandom): World => {
    const shelf = new ModelShelf(copy);
    if (isMedium) shelf.mediumErrors = 1 + random.below(4);
    shelf.reportedBefore = random.chance(0.4);
    shelf.isParityDecayed = random.chance(0.03);
    spoil(shelf, random);
    const device = ordinaryDevice(random, isMedium);
    return { program: honest(shelf), trigger: seenIn(shelf, random), device };
  };
}
