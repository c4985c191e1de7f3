// Honest stores to which things happen. Frequencies and extents are chosen so that every kind comes often enough to
// count; locality of damage, and that silent damage is rarer than errors of the medium, are as field studies have
// them (docs/design/incidents.md).
import { copyId, toHex } from '@kura/base';
import type { LeafAnswerItem } from '@kura/contract/audit/index.ts';
import type { StoreProgram, Trigger } from './incident.ts';
import { ModelShelf } from './shelf.ts';
import {
  BLOCKS,
  decaying,
  HASH_BYTES,
  honest,
  hurt,
  hurtPlace,
  QUIET,
  SECTOR,
  seenIn,
  type WorldKind,
} from './world.ts';

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

export const HONEST_WORLDS: readonly WorldKind[] = [
  silentRot,
  sectorErrors,
  bursts,
  misdirected,
  passing,
  badMemory,
  twoMinds,
  dying,
  badController,
  away,
];
