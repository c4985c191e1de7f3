// What is left of a bundle once everything in it that can be checked has been: the judge sees nothing else. Times are
// milliseconds since 1970.
import type { Examination } from '../audit/examination.ts';
import type { LeafState } from '../audit/leaf-answer.ts';
import type { ObservationClass, ObservationSource } from './observed.ts';

export interface Facts {
  readonly leafBytes: number;
  readonly leafCount: number;
  /** That the store acknowledged, 32 bytes. */
  readonly root: Uint8Array;
  /** In order of time. */
  readonly seen: readonly Seen[];
  /** Of this copy, as the store signed them, in the order in which they were asked for. */
  readonly examinations: readonly AskedExamination[];
  readonly device: {
    readonly heldBytes: number;
    /** Of other copies at this store in 30 days. */
    readonly examinations: readonly Examination[];
  };
  /** Failures of the store to be who it should be. */
  readonly failures: number;
  /** From so many on a store is rogue. */
  readonly rogueAfter: number;
}

/** By whose clock `askedMs` is all else was seen; `timeMs` is what the store says. */
export interface AskedExamination extends Examination {
  readonly askedMs: number;
}

/** Something that was seen, with what the store itself signed about it. */
export interface Seen {
  readonly class: ObservationClass;
  readonly source: ObservationSource;
  readonly timeMs: number;
  /** As whoever saw it says. */
  readonly leaves: readonly number[];
  /** Signed; of this copy. Empty without an answer. */
  readonly answered: readonly AnsweredLeaf[];
  readonly fullRead: AnsweredFullRead | undefined;
}

export interface AnsweredLeaf {
  readonly leaf: number;
  readonly state: LeafState;
  /** Hex; of a leaf that was read. */
  readonly hash: string | undefined;
  /** Proved by the path of the true leaf; undefined: there is none. */
  readonly isRight: boolean | undefined;
}

export interface AnsweredFullRead {
  readonly state: LeafState;
  readonly isRootRight: boolean;
  /** Undefined: what the tag should have been is not known. */
  readonly isTagRight: boolean | undefined;
}
