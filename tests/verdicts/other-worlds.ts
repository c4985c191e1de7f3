// Stores that have lost what they were given, changed it, or lie about it.

import type { LeafAnswerItem } from '@kura/contract/audit/index.ts';
import type { SeededRandom } from '@kura/testing';
import type { StoreProgram, Trigger } from './incident.ts';
import { ModelShelf, type PreparedCopy } from './shelf.ts';
import {
  HASH_BYTES,
  honest,
  hurt,
  hurtPlace,
  QUIET,
  SECTOR,
  scatter,
  seenIn,
  type World,
  type WorldKind,
  whole,
} from './world.ts';

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

export const OTHER_WORLDS: readonly WorldKind[] = [
  lost,
  recomputed,
  scattered,
  liar,
  fabricator,
  hollow,
  greedyImitator,
  carefulImitator,
  impostor,
];
