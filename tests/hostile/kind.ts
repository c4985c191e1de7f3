// One kind of hostile input and the code that must withstand it. To add one: a file that exports a
// HostileKind, and a line in KINDS (main.ts). A case is made from its own seed alone, so that any of them
// can be run again.
import type { SeededRandom } from '@kura/testing';

/** What a case came to; anything that must not be is thrown as a Violation. */
export type Outcome = 'accepted' | 'refused';

export interface HostileCases {
  run(random: SeededRandom): Promise<Outcome>;
  close(): void;
}

export interface HostileKind {
  readonly name: string;
  /** Of the cases that are asked for, relative to the other kinds. */
  readonly share: number;
  open(): HostileCases;
}

export class Violation extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'Violation';
  }
}
