// What a store can be asked to prove: three questions, each answered with its signature. Every kind of store has them
// (folder, bucket, memory), and the gateway's view of a store on another machine.
import type { CopyId } from '@kura/base';
import type { Examination } from './examination.ts';
import type { FullReadAnswer, FullReadChallenge } from './full-read.ts';
import type { LeafAnswer } from './leaf-answer.ts';
import type { LeafChallenge } from './leaf-challenge.ts';
import type { TakeEvidence } from './leaf-evidence.ts';

export interface AuditedStore {
  /**
   * Every leaf past the page cache; `into` is given each that was read, in the order of the challenge, one after the
   * other. Throws `refused` for a challenge to another store, `usage` for a leaf that its copy has not; a copy that
   * is missing, and a leaf that cannot be read, are answers.
   */
  answerLeaves(challenge: LeafChallenge, into: TakeEvidence): Promise<LeafAnswer>;
  /** All leaves of the copy, as they lie there. Throws `refused` for a challenge to another store. */
  answerFullRead(challenge: FullReadChallenge): Promise<FullReadAnswer>;
  /**
   * Reads all of a copy, records what it finds, and only then heals it, or sets it aside if it is beyond its parity.
   * Throws what a scrub throws: `unreachable`, `refused`, `no_space`, `io`.
   */
  examine(copyId: CopyId): Promise<Examination>;
}
