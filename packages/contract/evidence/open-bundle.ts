// Checks all of a bundle that can be checked with the bundle alone: each signature by the store's key, each answer by
// its question, each path by the root that the store acknowledged. Needs no secret and nobody's help. What the bundle
// says without a signature is the coordinator's word, and named so.
import { hash } from 'node:crypto';
import { assert, equalBytes, KuraError, toHex } from '@kura/base';
import { hashEntry, verifyInclusion } from '@kura/log';
import { verifyAcknowledgement } from '../acknowledgement.ts';
import { type Examination, openExamination } from '../audit/examination.ts';
import { decodeFullReadChallenge, openFullReadAnswer } from '../audit/full-read.ts';
import { openLeafAnswer } from '../audit/leaf-answer.ts';
import { decodeLeafChallenge } from '../audit/leaf-challenge.ts';
import {
  type EvidenceBundle,
  type EvidenceObservation,
  parseBundle,
  type TruePath,
} from './bundle.ts';
import type { AnsweredFullRead, AnsweredLeaf, Facts, Seen } from './facts.ts';
import { judge } from './judge.ts';
import type { Verdict } from './verdict.ts';

export interface OpenedEvidence {
  readonly bundle: EvidenceBundle;
  readonly facts: Facts;
  /** Judged here, from the facts. */
  readonly verdict: Verdict;
}

/** Throws `refused` if anything in it is not what it says to be, the verdict included. */
export function openEvidence(text: string): OpenedEvidence {
  const bundle = parseBundle(text);
  const facts = factsOf(bundle);
  const verdict = judge(facts);
  if (verdict.kind !== bundle.verdict.kind) {
    throw refuse(`it says "${bundle.verdict.kind}", and what it holds says "${verdict.kind}"`);
  }
  return { bundle, facts, verdict };
}

/** All that is left of a bundle once it is checked. Throws `refused`. */
export function factsOf(bundle: Omit<EvidenceBundle, 'kind' | 'verdict'>): Facts {
  const { acknowledgement, copyId, store, leafCount, leafBytes, device, failures } = bundle;
  verifyAcknowledgement(acknowledgement, store.publicKey);
  const isOfCopy =
    acknowledgement.copyId === copyId &&
    acknowledgement.storeId === store.storeId &&
    acknowledgement.leafCount === leafCount;
  if (!isOfCopy) throw refuse('the acknowledgement in it is of another copy');
  const check = { storeKey: store.publicKey, storeId: store.storeId };
  const paths = truePaths(bundle);
  const byTime = (a: { readonly timeMs: number }, b: { readonly timeMs: number }): number =>
    a.timeMs - b.timeMs;
  return {
    ...{ leafBytes, leafCount, root: acknowledgement.root },
    seen: bundle.observations.map((one) => seenOf(one, bundle, paths)).sort(byTime),
    examinations: bundle.examinations
      .map(({ askedMs, signed }) => ({ ...openExamination(signed, { ...check, copyId }), askedMs }))
      .sort((a, b) => a.askedMs - b.askedMs),
    device: {
      heldBytes: device.heldBytes,
      examinations: device.examinations.map(
        ({ signed, copyId: other }): Examination =>
          openExamination(signed, { ...check, copyId: other }),
      ),
    },
    failures: failures.length,
    rogueAfter: bundle.rogueAfter,
  };
}

type Opening = Pick<EvidenceBundle, 'copyId' | 'store' | 'acknowledgement' | 'leafCount' | 'paths'>;

/** Hex of the true hash by leaf. */
function truePaths({ paths, acknowledgement, leafCount }: Opening): ReadonlyMap<number, string> {
  const byLeaf = new Map<number, string>();
  for (const one of paths) {
    if (!isTrue(one, acknowledgement.root, leafCount)) {
      throw refuse(`the path of leaf ${one.leaf} does not lead to the root of the copy`);
    }
    byLeaf.set(one.leaf, toHex(one.hash));
  }
  return byLeaf;
}

function isTrue({ leaf, hash: leafHash, path }: TruePath, head: Uint8Array, size: number): boolean {
  return verifyInclusion({ index: leaf, size, entryHash: hashEntry(leafHash), proof: path, head });
}

function seenOf(
  one: EvidenceObservation,
  opening: Opening,
  paths: ReadonlyMap<number, string>,
): Seen {
  return {
    ...{ class: one.class, source: one.source, timeMs: one.timeMs, leaves: one.leaves },
    answered: answeredLeaves(one, opening, paths),
    fullRead: answeredFullRead(one, opening),
  };
}

function answeredLeaves(
  { leafChallenge, leafAnswer }: EvidenceObservation,
  { store, copyId }: Opening,
  paths: ReadonlyMap<number, string>,
): readonly AnsweredLeaf[] {
  if (leafAnswer === undefined) return [];
  if (leafChallenge === undefined) throw refuse('an answer in it has no question');
  const challenge = decodeQuestion(() => decodeLeafChallenge(leafChallenge));
  const check = { storeKey: store.publicKey, storeId: store.storeId, challenge };
  const { items } = openLeafAnswer(leafAnswer, check);
  return items
    .filter((item) => item.copyId === copyId)
    .map(({ leaf, state, hash: answered }): AnsweredLeaf => {
      const [given, wanted] = [answered && toHex(answered), paths.get(leaf)];
      const isKnown = given !== undefined && wanted !== undefined;
      return { leaf, state, hash: given, isRight: isKnown ? given === wanted : undefined };
    });
}

function answeredFullRead(
  { fullReadChallenge, fullReadAnswer, tagHash }: EvidenceObservation,
  { store, copyId, acknowledgement }: Opening,
): AnsweredFullRead | undefined {
  if (fullReadAnswer === undefined) return undefined;
  if (fullReadChallenge === undefined) throw refuse('an answer in it has no question');
  const challenge = decodeQuestion(() => decodeFullReadChallenge(fullReadChallenge));
  if (challenge.copyId !== copyId) throw refuse('a full read in it is of another copy');
  const check = { storeKey: store.publicKey, storeId: store.storeId, challenge };
  const { state, root, tag } = openFullReadAnswer(fullReadAnswer, check);
  assert((state === 'read') === (tag !== undefined), 'what was read has a tag');
  const isTagRight =
    tagHash === undefined || tag === undefined
      ? undefined
      : equalBytes(hash('sha256', tag, 'buffer'), tagHash);
  return {
    state,
    isRootRight: root !== undefined && equalBytes(root, acknowledgement.root),
    isTagRight,
  };
}

/** Whoever made the bundle wrote the question: what cannot be read is not a fault of this program. */
function decodeQuestion<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    throw refuse(`a question in it cannot be read: ${error.message}`, error);
  }
}

function refuse(why: string, cause?: KuraError): KuraError {
  return new KuraError('refused', `the evidence is refused: ${why}`, { cause });
}
