// What happens to copies: every kind of case, what a right verdict on it is, and how often it comes. Three quarters are of
// honest stores. Frequencies and extents are chosen so that every kind comes often enough to count; locality of damage,
// and that silent damage is rarer than errors of the medium, are as field studies have them (docs/design/incidents.md).
import { copyId, must, toHex } from '@kura/base';
import type { LeafAnswerItem } from '@kura/contract/audit/index.ts';
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

const HASH_BYTES = 32;
const BLOCKS = 16;
const QUIET = { places: 0, hasMediumErrors: false };

// ── What happens to a medium ────────────────────────────────────────────────────────────────────────

function hurt(
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
function hurtPlace(shelf: ModelShelf, damage: Partial<Damage>, random: SeededRandom): void {
  const leaf = random.below(shelf.leafCount);
  hurt(shelf, leaf, damage, random);
  if (random.chance(0.25)) hurt(shelf, leaf + 1, damage, random);
}

const SECTOR: Partial<Damage> = { kind: 'unreadable', errno: 'EIO' };

function scatter(shelf: ModelShelf, places: number, random: SeededRandom): void {
  const step = Math.floor(shelf.leafCount / places);
  for (let place = 0; place < places; place++) {
    hurt(shelf, place * step + random.below(Math.max(1, step - 2)), {}, random);
  }
}

/** What most devices have: nothing, or a few places in its month. */
function ordinaryDevice(random: SeededRandom, hasMediumErrors: boolean) {
  if (random.chance(0.8)) return { places: 0, hasMediumErrors };
  return { places: 1 + random.below(hasMediumErrors ? 20 : 3), hasMediumErrors };
}

// ── Programs ────────────────────────────────────────────────────────────────────────────────────────

function honest(shelf: ModelShelf): StoreProgram {
  return {
    answer: (leaves) => leaves.map((leaf) => shelf.answerItem(leaf)),
    examine: (timeMs) => shelf.examine(timeMs),
  };
}

function whole(copy: PreparedCopy, timeMs: number) {
  return new ModelShelf(copy).examine(timeMs);
}

/** Something of what is damaged was asked for; otherwise nobody would have seen it. */
function seenIn(shelf: ModelShelf, random: SeededRandom): Trigger {
  const damaged = [...shelf.damage.keys()];
  if (damaged.length === 0) return { source: 'leaves', leaves: [random.below(shelf.leafCount)] };
  const leaves = [random.pick(damaged)];
  if (random.chance(0.6)) return { source: 'leaves', leaves };
  const source = random.pick(['restore', 'repair', 'compare'] as const);
  const isUnreadable = shelf.damage.get(must(leaves[0], 'one'))?.kind === 'unreadable';
  return { source, leaves, class: isUnreadable ? 'unreadable' : 'wrong' };
}

function decaying(spoil: (shelf: ModelShelf, random: SeededRandom) => void, isMedium: boolean) {
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

// ── Honest stores ───────────────────────────────────────────────────────────────────────────────────

const silentRot: WorldKind = {
  ...{ name: 'silent rot', isHonest: true, share: 17, right: ['decay'], canBeTold: true },
  make: decaying((shelf, random) => {
    for (let place = 0; place <= random.below(3); place++) hurtPlace(shelf, {}, random);
  }, false),
};

const sectorErrors: WorldKind = {
  ...{ name: 'sector errors', isHonest: true, share: 20, right: ['decay'], canBeTold: true },
  make: decaying((shelf, random) => {
    for (let place = 0; place <= random.below(6); place++) hurtPlace(shelf, SECTOR, random);
  }, true),
};

/** A stretch of the medium: within parity, or longer; never nearly all of a copy. */
const bursts: WorldKind = {
  ...{ name: 'bursts', isHonest: true, share: 8, right: ['decay'], canBeTold: true },
  make: decaying((shelf, random) => {
    const length = 2 + random.below(Math.min(40, shelf.leafCount / 2));
    const first = random.below(shelf.leafCount - length);
    const kind = random.chance(0.5) ? SECTOR : {};
    for (let leaf = first; leaf < first + length; leaf++) hurt(shelf, leaf, kind, random);
  }, true),
};

const misdirected: WorldKind = {
  ...{
    name: 'misdirected writes',
    isHonest: true,
    share: 8,
    right: ['misdirected'],
    canBeTold: true,
  },
  make: decaying((shelf, random) => {
    const foreign = { copyId: copyId(toHex(random.bytes(32))), leaf: random.below(256) };
    hurt(
      shelf,
      random.below(shelf.leafCount),
      { kind: 'foreign', foreign, blocks: BLOCKS },
      random,
    );
  }, false),
};

/** In memory, on a line: it does not come back. */
const passing: WorldKind = {
  ...{ name: 'passing errors', isHonest: true, share: 8, right: ['passing'], canBeTold: true },
  make: (copy, random) => {
    const shelf = new ModelShelf(copy);
    let isFirst = true;
    const program: StoreProgram = {
      ...honest(shelf),
      answer: (leaves) => {
        const items = leaves.map((leaf) => shelf.answerItem(leaf));
        if (!isFirst) return items;
        isFirst = false;
        return items.map((item): LeafAnswerItem => ({ ...item, hash: random.bytes(HASH_BYTES) }));
      },
    };
    return { program, trigger: seenIn(shelf, random), device: QUIET };
  },
};

/** Every reading errs with some probability, also the further ones. */
const badMemory: WorldKind = {
  ...{
    name: 'bad memory',
    isHonest: true,
    share: 2,
    right: ['passing', 'unexplained'],
    canBeTold: false,
  },
  make: (copy, random) => {
    const shelf = new ModelShelf(copy);
    let isFirst = true;
    const program: StoreProgram = {
      ...honest(shelf),
      answer: (leaves) => {
        const errs = isFirst || random.chance(0.05);
        isFirst = false;
        return leaves.map((leaf): LeafAnswerItem => {
          const item = shelf.answerItem(leaf);
          return errs ? { ...item, hash: random.bytes(HASH_BYTES) } : item;
        });
      },
    };
    return { program, trigger: seenIn(shelf, random), device: QUIET };
  },
};

/** Two disks that should be the same, read in turns: the same wrong bytes come and go. */
const twoMinds: WorldKind = {
  name: 'mirrors with two minds',
  ...{ isHonest: true, share: 2, canBeTold: false },
  right: ['passing', 'unexplained', 'decay'],
  make: (copy, random) => {
    const [good, bad] = [new ModelShelf(copy), new ModelShelf(copy)];
    hurtPlace(bad, {}, random);
    const trigger: Trigger = { source: 'leaves', leaves: [random.pick([...bad.damage.keys()])] };
    let isFirst = true;
    const program: StoreProgram = {
      answer: (leaves) => {
        const from = isFirst || random.chance(0.5) ? bad : good;
        isFirst = false;
        return leaves.map((leaf) => from.answerItem(leaf));
      },
      examine: (timeMs) => (random.chance(0.5) ? good : bad).examine(timeMs),
    };
    return { program, trigger, device: QUIET };
  },
};

const dying: WorldKind = {
  ...{
    name: 'dying devices',
    isHonest: true,
    share: 3,
    right: ['decay', 'unexplained', 'loss'],
    canBeTold: false,
  },
  make: (copy, random) => {
    const shelf = new ModelShelf(copy);
    shelf.mediumErrors = 50 + random.below(500);
    for (let place = 0; place < 4 + random.below(20); place++) hurtPlace(shelf, SECTOR, random);
    const device = { places: 20 + random.below(300), hasMediumErrors: true };
    return { program: honest(shelf), trigger: seenIn(shelf, random), device };
  },
};

/** Writes garbage here and there, and says nothing. */
const badController: WorldKind = {
  ...{
    name: 'bad controllers',
    isHonest: true,
    share: 1,
    right: ['decay', 'unexplained', 'loss'],
    canBeTold: false,
  },
  make: (copy, random) => {
    const shelf = new ModelShelf(copy);
    for (let place = 0; place < 2 + random.below(20); place++) hurtPlace(shelf, {}, random);
    const device = { places: random.below(60), hasMediumErrors: false };
    return { program: honest(shelf), trigger: seenIn(shelf, random), device };
  },
};

const away: WorldKind = {
  ...{ name: 'stores that are away', isHonest: true, share: 6, right: ['outage'], canBeTold: true },
  make: (_copy, random) => ({
    program: { answer: () => undefined, examine: () => undefined },
    trigger: { source: 'leaves', leaves: [random.below(16)] },
    device: QUIET,
  }),
};

// ── Losses ──────────────────────────────────────────────────────────────────────────────────────────

const lost: WorldKind = {
  ...{ name: 'losses', isHonest: false, share: 7, right: ['loss'], canBeTold: true },
  make: (copy, random) => {
    const shelf = new ModelShelf(copy);
    const how = random.below(3);
    if (how === 0) shelf.isMissing = true;
    else if (how === 1) shelf.isTorn = true;
    for (let leaf = 0; leaf < shelf.leafCount; leaf++) hurt(shelf, leaf, {}, random);
    const device = { places: random.below(10), hasMediumErrors: random.chance(0.5) };
    const leaves = [random.below(shelf.leafCount)];
    return { program: honest(shelf), trigger: { source: 'leaves', leaves }, device };
  },
};

// ── Hands ───────────────────────────────────────────────────────────────────────────────────────────

/** Bytes are exchanged, and what belongs to them is made anew, so that the store's own check agrees. */
const recomputed: WorldKind = {
  ...{
    name: 'tampering, recomputed',
    isHonest: false,
    share: 6,
    right: ['tampering'],
    canBeTold: true,
  },
  make: (copy, random) => {
    const shelf = new ModelShelf(copy);
    const leaves = 1 + random.below(6);
    for (let count = 0; count < leaves; count++)
      hurt(shelf, random.below(shelf.leafCount), {}, random);
    if (random.chance(0.5)) shelf.isTableChanged = true;
    else shelf.isParityChanged = true;
    // Whatever saw it first, leaves are read again before an examination is believed.
    const seen: Trigger = { source: 'leaves', leaves: [random.pick([...shelf.damage.keys()])] };
    return {
      program: honest(shelf),
      trigger: shelf.isParityChanged ? seen : seenIn(shelf, random),
      device: QUIET,
    };
  },
};

/** Bytes are exchanged here and there and nothing is made anew: only the amount speaks. */
const scattered: WorldKind = {
  name: 'tampering, scattered',
  ...{ isHonest: false, share: 2, right: ['unexplained', 'tampering'], canBeTold: true },
  make: (copy, random) => {
    const shelf = new ModelShelf(copy);
    const places = shelf.leafCount === 16 ? 5 : 12;
    scatter(shelf, places, random);
    // Two of the same row and group more than parity heals.
    for (const leaf of [0, 2, 4, 6]) if (shelf.leafCount > 16) hurt(shelf, leaf, {}, random);
    return { program: honest(shelf), trigger: seenIn(shelf, random), device: QUIET };
  },
};

/** Gives the same other bytes to whoever asks, and signs that the copy is whole. */
const liar: WorldKind = {
  name: 'liars, always the same bytes',
  ...{ isHonest: false, share: 1, right: ['unexplained', 'rogue', 'tampering'], canBeTold: true },
  make: (copy, random) => {
    const shelf = new ModelShelf(copy);
    hurtPlace(shelf, {}, random);
    const program: StoreProgram = { ...honest(shelf), examine: (timeMs) => whole(copy, timeMs) };
    const leaves = [random.pick([...shelf.damage.keys()])];
    return { program, trigger: { source: 'leaves', leaves }, device: QUIET };
  },
};

/** Has thrown the bytes away, makes some up, and signs that the copy is whole. */
const fabricator: WorldKind = {
  ...{
    name: 'liars, other bytes each time',
    isHonest: false,
    share: 2,
    right: ['rogue', 'tampering'],
    canBeTold: true,
  },
  make: (copy, random) => {
    const leaves = [random.below(copy.leafHashes.length)];
    const program: StoreProgram = {
      answer: (asked) =>
        asked.map((leaf): LeafAnswerItem => {
          return { copyId: copy.copyId, leaf, state: 'read', hash: random.bytes(HASH_BYTES) };
        }),
      examine: (timeMs) => whole(copy, timeMs),
    };
    return { program, trigger: { source: 'leaves', leaves }, device: QUIET };
  },
};

/** Kept the hashes and not the bytes. */
const hollow: WorldKind = {
  ...{
    name: 'liars that kept hashes',
    isHonest: false,
    share: 1,
    right: ['rogue', 'tampering'],
    canBeTold: true,
  },
  make: (copy, random) => {
    const program: StoreProgram = {
      answer: (asked) =>
        asked.map((leaf): LeafAnswerItem => {
          return { copyId: copy.copyId, leaf, state: 'read', hash: random.bytes(HASH_BYTES) };
        }),
      examine: (timeMs) => whole(copy, timeMs),
      fullRead: () => ({ root: copy.root, isTagRight: false }),
    };
    return { program, trigger: { source: 'full-read', leaves: [] }, device: QUIET };
  },
};

function imitated(copy: PreparedCopy, random: SeededRandom, places: number): World {
  const shelf = new ModelShelf(copy);
  shelf.mediumErrors = 1 + random.below(5);
  const length = 1 + random.below(Math.floor(shelf.leafCount / 2));
  for (let leaf = 0; leaf < length; leaf++) hurt(shelf, leaf, SECTOR, random);
  return {
    program: honest(shelf),
    trigger: seenIn(shelf, random),
    device: { places, hasMediumErrors: true },
  };
}

/** Claims errors of its medium for what it has thrown away, and more of them than devices have. */
const greedyImitator: WorldKind = {
  name: 'imitated decay, greedy',
  ...{ isHonest: false, share: 2, right: ['unexplained', 'tampering'], canBeTold: true },
  make: (copy, random) => imitated(copy, random, 41 + random.below(200)),
};

/** The same below the rate of devices: nobody can tell. */
const carefulImitator: WorldKind = {
  name: 'imitated decay, careful',
  ...{ isHonest: false, share: 2, right: ['decay', 'unexplained', 'tampering'], canBeTold: false },
  make: (copy, random) => imitated(copy, random, random.below(30)),
};

const impostor: WorldKind = {
  ...{ name: 'impostors', isHonest: false, share: 2, right: ['rogue'], canBeTold: true },
  make: (_copy, random) => ({
    program: { answer: () => 'refused', examine: () => undefined },
    trigger: { source: 'leaves', leaves: [random.below(16)] },
    device: QUIET,
    failures: 3 + random.below(10),
  }),
};

export const WORLDS: readonly WorldKind[] = [
  ...[silentRot, sectorErrors, bursts, misdirected, passing, badMemory, twoMinds, dying],
  ...[badController, away, lost, recomputed, scattered, liar, fabricator, hollow],
  ...[greedyImitator, carefulImitator, impostor],
];
