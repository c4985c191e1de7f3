// Plays one incident as the network does: something is seen, the store examines, leaves are read again, until there
// is enough to judge. What comes out is the text of a bundle, and nothing else goes to the judge.
import { hash } from 'node:crypto';
import { DAY_MS, HOUR_MS, type MemberId, MINUTE_MS, must, toHex } from '@kura/base';
import {
  type Examination,
  type ExaminationFields,
  encodeFullReadChallenge,
  encodeLeafChallenge,
  type FullReadChallenge,
  type LeafAnswerItem,
  type LeafChallenge,
} from '@kura/contract/audit/index.ts';
import {
  type EvidenceBundle,
  type EvidenceObservation,
  MAX_DEVICE_EXAMINATIONS,
  MAX_OBSERVATIONS,
  type ObservationClass,
  type ObservationSource,
  type TruePath,
} from '@kura/contract/evidence/index.ts';
import { MAX_REREAD_LEAVES, nextStep } from '@kura/coordinator/incidents/next-step.ts';
import type { SeededRandom } from '@kura/testing';
import { LEAF_BYTES, type PreparedCopy, signFindings, signFullRead, signItems } from './shelf.ts';

export type Draft = Omit<EvidenceBundle, 'kind' | 'verdict'>;

/** What the program of a store does; undefined: no answer, 'refused': it says no. */
export interface StoreProgram {
  answer(
    leaves: readonly number[],
    timeMs: number,
  ): readonly LeafAnswerItem[] | 'refused' | undefined;
  examine(timeMs: number): ExaminationFields | undefined;
  /** What it signs, and whether the tag is the right one. */
  fullRead?(): { readonly root: Uint8Array; readonly isTagRight: boolean };
}

/** How it was seen first. */
export interface Trigger {
  readonly source: ObservationSource;
  readonly leaves: readonly number[];
  /** Of sources without a signed answer. */
  readonly class?: ObservationClass;
}

export interface IncidentParts {
  readonly copy: PreparedCopy;
  readonly program: StoreProgram;
  readonly trigger: Trigger;
  /** Of other copies on the device. */
  readonly deviceExaminations: readonly Examination[];
  readonly failures?: number;
  readonly random: SeededRandom;
}

export const START_MS = Date.UTC(2026, 10, 1);
export const ROGUE_AFTER = 3;
const CHALLENGE_ID_BYTES = 16;
const TAG_BYTES = 16;
/** Of an open incident, as the coordinator's lease has them. */
const STEP_MS = [MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, DAY_MS];

export class Incident {
  readonly #parts: IncidentParts;
  readonly #observations: EvidenceObservation[] = [];
  readonly #examinations: (Examination & { readonly askedMs: number })[] = [];
  readonly #paths = new Map<number, TruePath>();
  #nowMs = START_MS;
  #rereadMs = 0;

  constructor(parts: IncidentParts) {
    this.#parts = parts;
  }

  /** All that will be known of it. */
  play(): Draft {
    this.#see(this.#parts.trigger);
    for (const waitMs of [...STEP_MS, ...STEP_MS]) {
      this.#nowMs += waitMs;
      const [seen, examinations] = [this.#observations, this.#examinations];
      const { root } = this.#parts.copy;
      const step = nextStep({ root, seen, examinations, rereadMs: this.#rereadMs });
      if (step === 'judge') break;
      if (step === 'reread') this.#reread(seen.flatMap((one) => one.leaves));
      else this.#examine();
    }
    return this.#draft();
  }

  #see({ source, leaves, class: seen }: Trigger): void {
    if (source === 'leaves') this.#challenge(leaves);
    else if (source === 'full-read') this.#readInFull();
    else this.#note({ class: seen ?? 'wrong', source, leaves: [...leaves] });
  }

  #note(
    seen: Omit<EvidenceObservation, 'timeMs' | MissingFields> & Partial<EvidenceObservation>,
  ): void {
    if (this.#observations.length === MAX_OBSERVATIONS) return;
    const none = {
      ...{ leafChallenge: undefined, leafAnswer: undefined, fullReadChallenge: undefined },
      ...{ fullReadAnswer: undefined, tagHash: undefined },
    };
    this.#observations.push({ ...none, timeMs: this.#nowMs, ...seen });
  }

  #challenge(leaves: readonly number[]): void {
    const items = this.#parts.program.answer(leaves, this.#nowMs);
    if (items === undefined || items === 'refused') {
      const seen = items === undefined ? ('late' as const) : ('refused' as const);
      this.#note({ class: seen, source: 'leaves', leaves: [...leaves] });
    } else this.#compare(leaves, items);
  }

  #compare(leaves: readonly number[], items: readonly LeafAnswerItem[]): void {
    const { copy, random } = this.#parts;
    const wrong = items.filter(
      ({ leaf, state, hash }) => state !== 'read' || !this.#isTrue(leaf, must(hash, 'it was read')),
    );
    const [first] = wrong;
    if (first === undefined) return;
    const challenge: LeafChallenge = {
      challengeId: toHex(random.bytes(CHALLENGE_ID_BYTES)),
      storeId: copy.storeId,
      issuedMs: this.#nowMs,
      deadlineMs: this.#nowMs + MINUTE_MS,
      leaves: leaves.map((leaf) => ({ copyId: copy.copyId, leaf })),
    };
    for (const { leaf } of wrong) this.#pathOf(leaf);
    this.#note({
      class: first.state === 'read' ? 'wrong' : first.state,
      source: 'leaves',
      leaves: wrong.map(({ leaf }) => leaf),
      leafChallenge: encodeLeafChallenge(challenge),
      leafAnswer: signItems(copy, challenge, { items, timeMs: this.#nowMs }),
    });
  }

  #isTrue(leaf: number, hash: Uint8Array): boolean {
    const wanted = must(this.#parts.copy.leafHashes[leaf], 'a leaf of the copy');
    return Buffer.compare(wanted, hash) === 0;
  }

  #pathOf(leaf: number): void {
    const { leafHashes, tree } = this.#parts.copy;
    const hash = must(leafHashes[leaf], 'a leaf of the copy');
    this.#paths.set(leaf, { leaf, hash, path: tree.inclusionProof(leaf) });
  }

  #readInFull(): void {
    const { copy, program, random } = this.#parts;
    const said = program.fullRead?.();
    if (said === undefined) return;
    const challenge: FullReadChallenge = {
      challengeId: toHex(random.bytes(CHALLENGE_ID_BYTES)),
      ...{ storeId: copy.storeId, copyId: copy.copyId },
      key: random.bytes(32),
      nonce: random.bytes(12),
    };
    const tag = random.bytes(TAG_BYTES);
    const right = said.isTagRight ? tag : random.bytes(TAG_BYTES);
    this.#note({
      ...{ class: 'wrong', source: 'full-read', leaves: [] },
      fullReadChallenge: encodeFullReadChallenge(challenge),
      fullReadAnswer: signFullRead(copy, challenge, { tag, root: said.root, timeMs: this.#nowMs }),
      tagHash: new Uint8Array(hash('sha256', right, 'buffer')),
    });
  }

  #reread(seen: readonly number[]): void {
    const { random, copy, program } = this.#parts;
    const known = [...new Set(seen)].slice(0, MAX_REREAD_LEAVES);
    const some = Array.from({ length: MAX_REREAD_LEAVES }, () =>
      random.below(copy.leafHashes.length),
    );
    this.#rereadMs = this.#nowMs;
    this.#challenge(known.length > 0 ? known : [...new Set(some)]);
    if (program.fullRead !== undefined) this.#readInFull();
  }

  #examine(): void {
    const fields = this.#parts.program.examine(this.#nowMs);
    if (fields === undefined) this.#note({ class: 'late', source: 'leaves', leaves: [] });
    else {
      const examination = signFindings(this.#parts.copy, fields);
      this.#examinations.push({ ...examination, askedMs: this.#nowMs });
    }
  }

  #draft(): Draft {
    const { copy, deviceExaminations, failures = 0 } = this.#parts;
    const { storeId, publicKey, packId, copyId, acknowledgement, heldBytes } = copy;
    return {
      incidentId: 'ab'.repeat(16),
      memberId: 'cd'.repeat(16) as MemberId,
      store: { storeId, publicKey, city: 'osaka', suite: 'aes-256-ctr' },
      ...{
        packId,
        copyId,
        leafCount: copy.leafHashes.length,
        leafBytes: LEAF_BYTES,
        acknowledgement,
      },
      observations: this.#observations,
      paths: [...this.#paths.values()],
      examinations: this.#examinations.map(({ askedMs, signed }) => ({ askedMs, signed })),
      device: {
        heldBytes,
        examined: deviceExaminations.length,
        examinations: deviceExaminations
          .slice(0, MAX_DEVICE_EXAMINATIONS)
          .map(({ copyId: other, signed }) => ({ copyId: other, signed })),
      },
      failures: Array.from({ length: failures }, (_, index) => ({
        timeMs: START_MS - index * DAY_MS,
        why: 'its certificate was withdrawn',
      })),
      rogueAfter: ROGUE_AFTER,
      madeMs: this.#nowMs,
    };
  }
}

type MissingFields =
  | 'leafChallenge'
  | 'leafAnswer'
  | 'fullReadChallenge'
  | 'fullReadAnswer'
  | 'tagHash';
