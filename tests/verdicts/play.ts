// Plays cases: each is a world, an incident in it, a bundle, and the verdict that anyone would reach from the
// bundle's text alone. Every so many bundles are forged afterwards, and have to be refused.
import { copyId, DAY_MS, must, toHex } from '@kura/base';
import type { Examination, Finding } from '@kura/contract/audit/index.ts';
import {
  ACCUSATIONS,
  type Facts,
  factsOf,
  formatBundle,
  judge,
  openEvidence,
  parseBundle,
  type Verdict,
} from '@kura/contract/evidence/index.ts';
import { SeededRandom } from '@kura/testing';
import { HONEST_WORLDS } from './honest-worlds.ts';
import { type Draft, Incident, START_MS } from './incident.ts';
import { OTHER_WORLDS } from './other-worlds.ts';
import { type PreparedCopy, prepareCopy, signFindings } from './shelf.ts';
import type { World, WorldKind } from './world.ts';

export interface Figures {
  cases: number;
  honest: number;
  /** Honest stores that were accused. */
  accused: number;
  /** Of cases in which the evidence can tell. */
  tellable: number;
  right: number;
  /** Of other cases, those with a verdict that is not even possible. */
  wrongUntold: number;
  forged: number;
  forgedTaken: number;
}

export const noFigures = (): Figures => ({
  ...{ cases: 0, honest: 0, accused: 0, tellable: 0, right: 0, wrongUntold: 0 },
  ...{ forged: 0, forgedTaken: 0 },
});

const PREPARED_COPIES = 48;
const FORGED_EVERY = 25;
/** Whole texts, with their verdict in them, opened as a member does. */
const REOPENED_EVERY = 10;
const PLACES_OF_ONE = 5;
const MAX_FINDING_LEAVES = 256;

interface Prepared extends PreparedCopy {
  /** Of other copies of the device, each made when it is wanted first. */
  readonly examinations: Map<string, Examination>;
}

let prepared: readonly Prepared[] | undefined;

function preparedCopies(): readonly Prepared[] {
  if (prepared !== undefined) return prepared;
  const random = new SeededRandom(7);
  prepared = Array.from({ length: PREPARED_COPIES }, () => {
    const copy = prepareCopy(random, START_MS - 100 * DAY_MS);
    return { ...copy, examinations: new Map() };
  });
  return prepared;
}

function examined(
  copy: PreparedCopy,
  random: SeededRandom,
  { places, hasErrors }: { readonly places: number; readonly hasErrors: boolean },
): Examination {
  const findings = Array.from({ length: places }, (_, place): Finding => {
    const leaf = place * Math.floor(MAX_FINDING_LEAVES / places);
    const extent = { leaf, blocks: 1, firstBlock: 0, bits: 3 };
    return hasErrors
      ? { ...extent, kind: 'unreadable', errno: 'EIO' }
      : { ...extent, kind: 'wrong' };
  });
  const timeMs = START_MS - random.below(29) * DAY_MS;
  const about = { storeId: copy.storeId, copyId: copyId(toHex(random.bytes(32))) };
  const fields = { ...about, timeMs, foundMs: timeMs, leafCount: 256, root: random.bytes(32) };
  const rest = { findings, wrongLeaves: places, reportedBefore: true };
  const found = {
    state: 'healed',
    parity: 'agrees',
    mediumErrors: hasErrors ? places : 0,
  } as const;
  return signFindings(copy, { ...fields, ...rest, ...found });
}

function deviceOf(copy: Prepared, { places, hasMediumErrors }: World['device']): Examination[] {
  const of = (size: number, index: number): Examination => {
    const key = `${hasMediumErrors} ${size} ${index}`;
    const random = new SeededRandom(1000 * size + 2 * index + Number(hasMediumErrors));
    const made =
      copy.examinations.get(key) ??
      examined(copy, random, { places: size, hasErrors: hasMediumErrors });
    copy.examinations.set(key, made);
    return made;
  };
  const many = Math.floor(places / PLACES_OF_ONE);
  const fives = Array.from({ length: Math.min(many, 60) }, (_, index) => of(PLACES_OF_ONE, index));
  return [...fives, ...Array.from({ length: places % PLACES_OF_ONE }, (_, index) => of(1, index))];
}

export interface Played {
  readonly kind: WorldKind;
  readonly draft: Draft;
  /** All that the bundle shows, checked. */
  readonly facts: Facts;
}

/** One case; the same seed is the same case. */
export function playCase(seed: number): Played {
  const random = new SeededRandom(seed);
  const kind = pickWorld(random);
  const copies = preparedCopies();
  const copy = must(copies[random.below(copies.length)], 'copies are prepared');
  const world = kind.make(copy, random);
  const { program, trigger, failures } = world;
  const incident = new Incident({
    ...{ copy, program, trigger, random },
    deviceExaminations: deviceOf(copy, world.device),
    ...(failures === undefined ? {} : { failures }),
  });
  const draft = incident.play();
  return { kind, draft, facts: factsOf(draft) };
}

function pickWorld(random: SeededRandom): WorldKind {
  let left = random.below(100);
  for (const world of [...HONEST_WORLDS, ...OTHER_WORLDS]) {
    left -= world.share;
    if (left < 0) return world;
  }
  throw new Error('the shares of all worlds are a hundred');
}

export interface Outcome {
  readonly figures: Figures;
  readonly violations: readonly string[];
}

/** What is wrong with it, if anything. */
export function playSeed(seed: number, figures: Figures): string | undefined {
  const { kind, facts, draft } = playCase(seed);
  const verdict = judge(facts);
  if (seed % REOPENED_EVERY === 0) {
    const opened = openEvidence(formatBundle({ ...draft, verdict }));
    if (opened.verdict.reason !== verdict.reason) return `seed ${seed}: opened, it says otherwise`;
  }
  if (seed % FORGED_EVERY === 0) {
    figures.forged++;
    if (isTaken(forge(draft, new SeededRandom(seed)), verdict)) {
      figures.forgedTaken++;
      return `seed ${seed}: forged evidence was taken`;
    }
  }
  if (countVerdict(figures, kind, verdict)) return undefined;
  return `seed ${seed}: ${kind.name} is called "${verdict.kind}": ${verdict.reason}`;
}

/** True if it is right. */
export function countVerdict(figures: Figures, kind: WorldKind, verdict: Verdict): boolean {
  const isRight = kind.right.includes(verdict.kind);
  figures.cases++;
  if (kind.isHonest) figures.honest++;
  if (kind.isHonest && ACCUSATIONS.includes(verdict.kind)) figures.accused++;
  if (kind.canBeTold) {
    figures.tellable++;
    if (isRight) figures.right++;
  } else if (!isRight) figures.wrongUntold++;
  return isRight;
}

/** Something that was signed is changed by one bit. */
function forge(draft: Draft, random: SeededRandom): Draft {
  const spoilt = (bytes: Uint8Array): Uint8Array => {
    const copy = bytes.slice();
    const at = random.below(copy.length);
    copy[at] = must(copy[at], 'within it') ^ (1 << random.below(8));
    return copy;
  };
  const [first, ...rest] = draft.examinations;
  if (first !== undefined && random.chance(0.5)) {
    return { ...draft, examinations: [{ ...first, signed: spoilt(first.signed) }, ...rest] };
  }
  const { acknowledgement } = draft;
  return { ...draft, acknowledgement: { ...acknowledgement, root: spoilt(acknowledgement.root) } };
}

function isTaken(draft: Draft, verdict: Verdict): boolean {
  try {
    factsOf(parseBundle(formatBundle({ ...draft, verdict })));
    return true;
  } catch {
    return false;
  }
}
