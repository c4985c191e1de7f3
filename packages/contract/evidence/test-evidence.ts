// For tests only: evidence of a copy of four leaves at a store whose key is known here.
import { copyId, memberId, packId, storeId } from '@kura/base';
import { ed25519PublicKey, hashEntry, MerkleTree } from '@kura/log';
import { signAcknowledgement } from '../acknowledgement.ts';
import { type Examination, type ExaminationFields, signExamination } from '../audit/examination.ts';
import type { Finding } from '../audit/findings.ts';
import { type LeafAnswerItem, signLeafAnswer } from '../audit/leaf-answer.ts';
import {
  encodeLeafChallenge,
  hashLeafChallenge,
  type LeafChallenge,
} from '../audit/leaf-challenge.ts';
import type { EvidenceBundle, EvidenceObservation } from './bundle.ts';
import type { AskedExamination, Facts, Seen } from './facts.ts';

export const SEED = new Uint8Array(32).fill(5);
const STORE = storeId('0a'.repeat(16));
export const COPY = copyId('02'.repeat(32));
export const LEAVES = 4;

export const trueHash = (leaf: number): Uint8Array => new Uint8Array(32).fill(0x10 + leaf);
export const otherHash = (which = 0): Uint8Array => new Uint8Array(32).fill(0x80 + which);

const tree = new MerkleTree();
for (let leaf = 0; leaf < LEAVES; leaf++) tree.appendHash(hashEntry(trueHash(leaf)));
export const ROOT = tree.head();

export function wrong(leaf: number, more: Partial<Finding> = {}): Finding {
  return { leaf, kind: 'wrong', blocks: 1, firstBlock: 0, bits: 4, ...more };
}

export function examined(fields: Partial<ExaminationFields> = {}): Examination {
  const timeMs = fields.timeMs ?? 2000;
  const findings = fields.findings ?? [];
  const found = {
    state: 'intact',
    parity: 'agrees',
    mediumErrors: 0,
    reportedBefore: false,
  } as const;
  return signExamination(
    {
      ...{ storeId: STORE, copyId: COPY, timeMs, foundMs: timeMs, leafCount: LEAVES, root: ROOT },
      ...{ ...found, findings, wrongLeaves: findings.length, ...fields },
    },
    SEED,
  );
}

/** What the store answered to a question for these leaves, as an observation keeps it. */
export function answered(
  items: readonly Omit<LeafAnswerItem, 'copyId'>[],
  timeMs = 1000,
): EvidenceObservation {
  const challenge: LeafChallenge = {
    ...{
      challengeId: 'cc'.repeat(16),
      storeId: STORE,
      issuedMs: timeMs,
      deadlineMs: timeMs + 1000,
    },
    leaves: items.map(({ leaf }) => ({ copyId: COPY, leaf })),
  };
  const { challengeId } = challenge;
  const about = {
    challengeId,
    storeId: STORE,
    challengeHash: hashLeafChallenge(challenge),
    timeMs,
  };
  const signed = signLeafAnswer(
    { ...about, items: items.map((item) => ({ copyId: COPY, ...item })) },
    SEED,
  );
  return {
    ...{ class: 'wrong', source: 'leaves', timeMs, leaves: items.map(({ leaf }) => leaf) },
    ...{ leafChallenge: encodeLeafChallenge(challenge), leafAnswer: signed.signed },
    ...{ fullReadChallenge: undefined, fullReadAnswer: undefined, tagHash: undefined },
  };
}

export type Draft = Omit<EvidenceBundle, 'kind' | 'verdict'>;

/** A copy that was seen with a wrong leaf, and healed. */
export function draft(more: Partial<Draft> = {}): Draft {
  const { signed } = examined({ state: 'healed', findings: [wrong(1)] });
  const acknowledgement = signAcknowledgement(
    { storeId: STORE, copyId: COPY, leafCount: LEAVES, root: ROOT, timeMs: 1 },
    SEED,
  );
  return {
    incidentId: 'ab'.repeat(16),
    memberId: memberId('cd'.repeat(16)),
    store: { storeId: STORE, publicKey: ed25519PublicKey(SEED), city: 'osaka', suite: 'chacha20' },
    ...{ packId: packId('01'.repeat(32)), copyId: COPY, leafCount: LEAVES, leafBytes: 65_536 },
    acknowledgement,
    observations: [answered([{ leaf: 1, state: 'read', hash: otherHash() }])],
    paths: [{ leaf: 1, hash: trueHash(1), path: tree.inclusionProof(1) }],
    examinations: [{ askedMs: 2000, signed }],
    device: { heldBytes: 1e12, examined: 0, examinations: [] },
    ...{ failures: [], rogueAfter: 3, madeMs: 9000 },
    ...more,
  };
}

export const at = (askedMs: number, fields: Partial<ExaminationFields> = {}): AskedExamination => ({
  ...examined({ timeMs: askedMs, ...fields }),
  askedMs,
});

export const sawWrong = (timeMs: number, which = 0, leaf = 1): Seen => ({
  ...{ class: 'wrong', source: 'leaves', timeMs, leaves: [leaf], fullRead: undefined },
  answered: [
    { leaf, state: 'read', hash: Buffer.from(otherHash(which)).toString('hex'), isRight: false },
  ],
});

export function facts(more: Partial<Facts> = {}): Facts {
  return {
    ...{ leafBytes: 65_536, leafCount: 256, root: ROOT, seen: [sawWrong(1000)] },
    examinations: [at(2000, { state: 'healed', findings: [wrong(1)] })],
    device: { heldBytes: 1e12, examinations: [] },
    ...{ failures: 0, rogueAfter: 3 },
    ...more,
  };
}
