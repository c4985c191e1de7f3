// The bundle of an incident: all that the verdict stands on, as one canonical text. What is signed is kept as the
// bytes that were signed. Nobody's word is believed for being in it: `open-bundle.ts` checks.
import { hash } from 'node:crypto';
import { KuraError } from '@kura/base';
import { canonicalJson, type JsonValue, parseCanonicalJson } from '@kura/log';
import { MAX_EXAMINATION_BYTES } from '../audit/examination.ts';
import { FULL_READ_CHALLENGE_BYTES, MAX_FULL_READ_ANSWER_BYTES } from '../audit/full-read.ts';
import { MAX_LEAF_ANSWER_BYTES } from '../audit/leaf-answer.ts';
import { MAX_LEAF_CHALLENGE_BYTES } from '../audit/leaf-challenge.ts';
import { MAX_PATH_HASHES } from '../audit/leaf-evidence.ts';
import {
  bytes,
  choice,
  flag,
  hexId,
  type Infer,
  list,
  optional,
  record,
  text,
  timeMs,
  whole,
} from '../wire/shape.ts';
import {
  acknowledgement,
  copyIdShape,
  hash as hashShape,
  leafCount,
  memberIdShape,
  packIdShape,
  publicKey,
  storeIdShape,
} from '../wire/shapes.ts';
import { OBSERVATION_CLASSES, OBSERVATION_SOURCES } from './observed.ts';
import { MAX_PLACES, SIGN_KINDS, VERDICT_KINDS } from './verdict.ts';

const KIND = 'kura/1 evidence';
export const MAX_BUNDLE_CHARACTERS = 2 * 1024 * 1024;
export const MAX_OBSERVATIONS = 16;
export const MAX_LEAVES_NOTED = 256;
export const MAX_EXAMINATIONS = 4;
export const MAX_DEVICE_EXAMINATIONS = 64;
export const MAX_PATHS = 64;
export const MAX_FAILURES_SHOWN = 64;

const count = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });
const leaf = whole({ min: 0, max: 4095 });
const signedExamination = bytes({ min: 1, max: MAX_EXAMINATION_BYTES });
export const incidentIdShape = hexId((id) => id, { hexLength: 32 });

const observation = record({
  class: choice(OBSERVATION_CLASSES),
  source: choice(OBSERVATION_SOURCES),
  timeMs,
  leaves: list(leaf, { maxItems: MAX_LEAVES_NOTED }),
  /** What was asked, and what the store signed: of leaves, or of a full read with the hash of the right tag. */
  leafChallenge: optional(bytes({ min: 1, max: MAX_LEAF_CHALLENGE_BYTES })),
  leafAnswer: optional(bytes({ min: 1, max: MAX_LEAF_ANSWER_BYTES })),
  fullReadChallenge: optional(
    bytes({ min: FULL_READ_CHALLENGE_BYTES, max: FULL_READ_CHALLENGE_BYTES }),
  ),
  fullReadAnswer: optional(bytes({ min: 1, max: MAX_FULL_READ_ANSWER_BYTES })),
  tagHash: optional(hashShape),
});

/** The hash of a true leaf, and its way to the root that was acknowledged. */
const truePath = record({
  leaf,
  hash: hashShape,
  path: list(hashShape, { maxItems: MAX_PATH_HASHES }),
});

export const verdictShape = record({
  kind: choice(VERDICT_KINDS),
  reason: text({ maxLength: 500 }),
  signs: list(record({ kind: choice(SIGN_KINDS), says: text({ maxLength: 300 }) }), {
    maxItems: 8,
  }),
  wrongLeaves: count,
  places: list(
    record({ firstLeaf: leaf, leaves: count, firstByte: count, bytes: count, blocks: count }),
    { maxItems: MAX_PLACES },
  ),
  rate: record({
    places: count,
    lost: count,
    heldBytes: count,
    upperMilli: count,
    plausible: count,
    isPlausible: flag,
  }),
});

const bundle = record({
  kind: choice([KIND]),
  incidentId: incidentIdShape,
  memberId: memberIdShape,
  store: record({
    storeId: storeIdShape,
    publicKey,
    city: text({ maxLength: 128 }),
    suite: text({ maxLength: 64 }),
  }),
  packId: packIdShape,
  copyId: copyIdShape,
  leafCount,
  leafBytes: whole({ min: 1, max: 1024 * 1024 }),
  /** The store's own, of this copy: its root is what everything is measured by. */
  acknowledgement,
  observations: list(observation, { maxItems: MAX_OBSERVATIONS }),
  paths: list(truePath, { maxItems: MAX_PATHS }),
  /** `askedMs` is the coordinator's clock, as in observations: a store's own would put them in any order. */
  examinations: list(record({ askedMs: timeMs, signed: signedExamination }), {
    maxItems: MAX_EXAMINATIONS,
  }),
  device: record({
    heldBytes: count,
    /** Examinations of 30 days in all; those in the list are the newest. */
    examined: count,
    examinations: list(record({ copyId: copyIdShape, signed: signedExamination }), {
      maxItems: MAX_DEVICE_EXAMINATIONS,
    }),
  }),
  /** When the store was not who it should be, and how that showed. */
  failures: list(record({ timeMs, why: text({ maxLength: 300 }) }), {
    maxItems: MAX_FAILURES_SHOWN,
  }),
  rogueAfter: whole({ min: 1, max: 1000 }),
  madeMs: timeMs,
  verdict: verdictShape,
});

export type EvidenceBundle = Infer<typeof bundle>;
export type EvidenceObservation = Infer<typeof observation>;
export type TruePath = Infer<typeof truePath>;

/** Its one text. */
export function formatBundle(evidence: Omit<EvidenceBundle, 'kind'>): string {
  return canonicalJson(bundle.write({ kind: KIND, ...evidence }) as JsonValue);
}

/** Throws `refused` unless it is the one text of a bundle. Nothing that it says is checked. */
export function parseBundle(evidence: string): EvidenceBundle {
  if (evidence.length > MAX_BUNDLE_CHARACTERS) {
    throw new KuraError('refused', 'the evidence is refused: it is too long');
  }
  const json = parseCanonicalJson(evidence, 'evidence');
  try {
    return bundle.read(json, '');
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    throw new KuraError('refused', `the evidence is refused: ${error.message}`, { cause: error });
  }
}

/** What the log's event names, hex. */
export function hashBundle(evidence: string): string {
  return hash('sha256', evidence);
}
