// Healers that are wrong on purpose: a proof that does not see them would see nothing.
import { SeededRandom } from '@kura/testing';
import { randomDamage } from './damages.ts';
import { judge, type Violation } from './judge.ts';
import type { Healer, ShelfFile } from './shelf-file.ts';

const TRIES = 50;

/** What each does, and what it must be found to do. */
const CANARIES: readonly (readonly [Violation, Healer])[] = [
  // Takes what lies there for healed.
  ['healed wrong', (file) => file.lies],
  // Heals all but one bit.
  ['healed wrong', (file) => file.whole.with(file.whole.length >> 1, ~(file.whole.at(0) ?? 0))],
  // Gives everything up.
  ['not healed', () => undefined],
  // Knows what parity cannot know.
  ['healed beyond parity', (file) => file.whole],
];

/** How many were found out; all, or the proof is worth nothing. */
export function caught(file: ShelfFile): { readonly caught: number; readonly of: number } {
  const found = CANARIES.filter(([wanted, healer]) => {
    const random = new SeededRandom(1);
    for (let tries = 0; tries < TRIES; tries++) {
      randomDamage(file, random);
      const { violation } = judge(file, healer);
      file.mend();
      if (violation === wanted) return true;
    }
    return false;
  });
  return { caught: found.length, of: CANARIES.length };
}
