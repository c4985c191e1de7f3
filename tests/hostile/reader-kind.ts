// A kind of cases around one reader: hostile input goes in, and only a KuraError may come out. Every case
// may make so many steps (reads and calls of a disk; turns of a loop) and take so much memory, no more.
import { KuraError } from '@kura/base';
import type { SeededRandom } from '@kura/testing';
import { type HostileKind, type Outcome, Violation } from './kind.ts';

/** Scratch memory and garbage of earlier cases included; a bomb would be larger by far. */
export const MAX_CASE_KIB = 192 * 1024;
/** The longest honest case, a scrub of sixteen leaves, makes less than a tenth of it. */
const MAX_STEPS = 20_000;

export type Step = () => void;

/** Reads one hostile input; says whether it was accepted, or throws. */
export type ReadCase = (
  random: SeededRandom,
  step: Step,
) => Outcome | undefined | Promise<Outcome | undefined>;

export interface ReaderKind {
  readonly name: string;
  readonly share: number;
  /** Makes the valid samples, once. */
  open(): ReadCase;
}

const peakKib = (): number => process.resourceUsage().maxRSS;

export async function runReaderCase(read: ReadCase, random: SeededRandom): Promise<Outcome> {
  const peakBefore = peakKib();
  let steps = 0;
  const step = (): void => {
    if (++steps > MAX_STEPS) throw new Violation(`more than ${MAX_STEPS} steps`);
  };
  let outcome: Outcome;
  try {
    outcome = (await read(random, step)) ?? 'accepted';
  } catch (error) {
    if (error instanceof Violation) throw error;
    if (!(error instanceof KuraError)) throw new Violation('an error without a type', error);
    outcome = 'refused';
  }
  const grownKib = peakKib() - peakBefore;
  if (grownKib > MAX_CASE_KIB) throw new Violation(`one case took ${grownKib} KiB of memory`);
  return outcome;
}

export function readerKind({ name, share, open }: ReaderKind): HostileKind {
  return {
    name,
    share,
    open() {
      let read: ReadCase | undefined;
      return {
        run(random) {
          read ??= open();
          return runReaderCase(read, random);
        },
        close() {
          read = undefined;
        },
      };
    },
  };
}
