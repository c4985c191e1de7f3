// What goes over a line in an audit, mutated: challenges, answers with their leaves, words that a store signed
// rightly over a body that is wrong, and the store's own notes. Whoever reads them gets a typed error, or what was
// meant.
import { concatBytes, copyId, storeId, utf8 } from '@kura/base';
import {
  carriedAnswer,
  carriedLeaf,
  decodeFullReadChallenge,
  decodeLeafChallenge,
  ed25519PublicKey,
  encodeFullReadChallenge,
  encodeLeafChallenge,
  type Finding,
  openExamination,
  openScrubReport,
  readCarriedAnswer,
  readCarriedLeaf,
  signEd25519,
  signExamination,
  signScrubReport,
} from '@kura/contract';
import { sha256 } from '@kura/contract/audit/leaf-challenge.ts';
import { decodeNote, encodeNote } from '@kura/store/findings/noted.ts';
import { decodeScrubState, encodeScrubState } from '@kura/store/scrub/scrub-state.ts';
import type { HostileKind } from './kind.ts';
import { mutate } from './mutate.ts';
import { type ReadCase, readerKind } from './reader-kind.ts';

const seed = new Uint8Array(32).fill(1);
const storeKey = ed25519PublicKey(seed);
const store = storeId('0a'.repeat(16));
const copy = copyId('01'.repeat(32));
const check = { storeKey, storeId: store };
const SIGNATURE_BYTES = 64;
const LEAF_BYTES = 4096;

const FINDINGS: readonly Finding[] = [
  { leaf: 1, kind: 'wrong', blocks: 1, firstBlock: 3, bits: 1 },
  { leaf: 2, kind: 'unreadable', blocks: 0, firstBlock: 0, bits: 0, errno: 'EIO' },
  {
    ...{ leaf: 3, kind: 'foreign', blocks: 16, firstBlock: 0, bits: 9 },
    foreign: { copyId: copy, leaf: 9 },
  },
];

const challenges = readerKind({
  name: 'audit challenges',
  share: 2,
  open(): ReadCase {
    const leaves = [0, 3, 9].map((leaf) => ({ copyId: copy, leaf }));
    const times = { issuedMs: 1, deadlineMs: 2 };
    const common = { challengeId: '5a'.repeat(16), storeId: store };
    const asked = [encodeLeafChallenge({ ...common, ...times, leaves })];
    const key = { key: seed, nonce: new Uint8Array(12) };
    const full = [encodeFullReadChallenge({ ...common, ...key, copyId: copy })];
    return (random) => {
      if (random.chance(0.5)) decodeLeafChallenge(mutate(random, asked));
      else decodeFullReadChallenge(mutate(random, full));
      return undefined;
    };
  },
});

const carried = readerKind({
  name: 'leaves beside an answer',
  share: 2,
  open(): ReadCase {
    const bytes = new Uint8Array(LEAF_BYTES).fill(7);
    const path = [seed, seed];
    const samples = [concatBytes(carriedAnswer(seed), carriedLeaf({ bytes, path }))];
    const hash = sha256(bytes);
    return (random) => {
      const { leaves } = readCarriedAnswer(mutate(random, samples));
      readCarriedLeaf(leaves, { hash, leafBytes: LEAF_BYTES });
      leaves.end();
      return undefined;
    };
  },
});

/** Signed anew over the mutated body, as a store that lies would. */
const words = readerKind({
  name: 'what stores sign to audits',
  share: 4,
  open(): ReadCase {
    const examination = signExamination(
      {
        ...{ storeId: store, copyId: copy, timeMs: 5, state: 'healed', leafCount: 16 },
        ...{ root: seed, parity: 'agrees', wrongLeaves: 3, foundMs: 4, mediumErrors: 1 },
        ...{ reportedBefore: false, findings: FINDINGS },
      },
      seed,
    );
    const report = signScrubReport(
      {
        ...{ storeId: store, timeMs: 9, roundMs: 1, wholeRoundMs: 0, copiesRead: 2 },
        ...{ bytesRead: 2, mediumErrors: 3 },
        news: [1, 2].map((number) => ({
          ...{ number, copyId: copy, foundMs: 8, state: 'damaged' as const, errno: 'EIO' },
          ...{ wrongLeaves: 3, unreadableLeaves: 2, foreignLeaves: 1 },
        })),
      },
      seed,
    );
    const signAnew = (domain: string, body: Uint8Array): Uint8Array =>
      concatBytes(body, signEd25519(concatBytes(utf8(domain), body), seed));
    const bodyOf = (signed: Uint8Array): Uint8Array => signed.subarray(0, -SIGNATURE_BYTES);
    return (random) => {
      if (random.chance(0.5)) {
        const body = mutate(random, [bodyOf(examination.signed)]);
        openExamination(signAnew('kura/1 examination\n', body), { ...check, copyId: copy });
      } else {
        const body = mutate(random, [bodyOf(report.signed)]);
        openScrubReport(signAnew('kura/1 scrub report\n', body), check);
      }
      return undefined;
    };
  },
});

const notes = readerKind({
  name: 'a store’s own notes',
  share: 2,
  open(): ReadCase {
    const note = encodeNote({
      ...{ number: 1, copyId: copy, foundMs: 2, leafCount: 16, root: seed, parity: 'agrees' },
      ...{ wrongLeaves: 3, findings: FINDINGS, mediumErrors: 1, isRebuildable: true },
    });
    const state = encodeScrubState({
      ...{ version: 1, roundMs: 1, wholeRoundMs: 0, after: copy, copiesRead: 1, bytesRead: 1 },
      copiesLeftOut: 0,
    });
    return (random) => {
      if (random.chance(0.5)) decodeNote(mutate(random, [note]));
      else if (decodeScrubState(mutate(random, [state])) === undefined) return 'refused';
      return undefined;
    };
  },
});

export const auditWordKinds: readonly HostileKind[] = [challenges, carried, words, notes];
