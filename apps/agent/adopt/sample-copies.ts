// Before a home turns to the network that took it over: some of the copies are read through that network, each against
// the root that the old tables recorded.
import type { Random } from '@kura/base';
import { allocatePages } from '@kura/native';
import type { AgentContext } from '../context.ts';
import { allPacks } from '../read/all-packs.ts';
import { CopyFetcher } from '../read/copy-fetcher.ts';

const SHARE = 0.01;
const LEAST = 100;

/** Resolves to how many copies were read. Throws what is wrong with the first that is not as recorded. */
export async function sampleCopies(context: AgentContext): Promise<number> {
  const { stores, copyKeys, native, shape, random } = context;
  const all = (await allPacks(context.coordinator)).flatMap((pack) =>
    pack.copies.filter(({ state }) => state === 'held').map((copy) => ({ copy, pack })),
  );
  const wanted = Math.min(all.length, Math.max(LEAST, Math.ceil(all.length * SHARE)));
  const fetcher = new CopyFetcher({ stores, copyKeys, bulk: native.bulk, shape });
  const { leafBytes, windowLeaves } = shape;
  const into = allocatePages(windowLeaves * leafBytes);
  try {
    for (const { copy, pack } of drawn(all, wanted, random)) {
      const windows = Math.max(1, Math.floor(pack.leafCount / windowLeaves));
      const first = random.below(windows) * windowLeaves;
      await fetcher.fetchFrom(copy, { first, count: windowLeaves }, into);
    }
    return wanted;
  } finally {
    fetcher.close();
  }
}

/** Fisher and Yates, as far as it is wanted. */
function drawn<T>(all: readonly T[], count: number, random: Random): readonly T[] {
  const rest = [...all];
  for (let at = 0; at < count; at++) {
    const other = at + random.below(rest.length - at);
    [rest[at], rest[other]] = [rest[other] as T, rest[at] as T];
  }
  return rest.slice(0, count);
}
