// The canary: stores that say they have synced and have not. A simulator that does not notice proves nothing,
// so every run begins with it.
import { playSeed, type SeedResult } from './seed.ts';

/** Enough that a power cut falls after a backup in some of them. */
const CANARY_SEEDS = 40;

/** The first seed that catches the broken rule; undefined if none does. */
export async function playCanary(firstSeed: number): Promise<SeedResult | undefined> {
  for (let seed = firstSeed; seed < firstSeed + CANARY_SEEDS; seed++) {
    const result = await playSeed({ seed, canary: true });
    if (result.violation !== undefined) return result;
  }
  return undefined;
}
