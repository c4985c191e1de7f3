// Whether a card would do if it were all that is left: every file of it opens, and every store that it can read knows
// whose card it is and gives what it was given.
import { equalBytes, KuraError, type Random, type StoreId } from '@kura/base';
import type { PackRow } from '@kura/contract';
import type { CopyFetcher } from '../read/copy-fetcher.ts';
import type { CardFiles } from './card-files.ts';
import { CardLog, JOURNAL, RECEIPTS } from './card-log.ts';
import type { CardReaders } from './card-readers.ts';
import { readingOf } from './card-reading.ts';
import { checkChain } from './event-chain.ts';

export interface VerifiedFiles {
  /** Of snapshots. */
  readonly receipts: number;
  /** Of custody, in one chain without a gap. */
  readonly events: number;
  readonly sessions: number;
}

/** Throws `corrupt` with the name of a file that does not open, `refused` if an event of custody is missing. */
export function verifyFiles(files: CardFiles): VerifiedFiles {
  readingOf(files);
  files.network();
  files.stores();
  files.heads();
  const kept = [...new CardLog(files, RECEIPTS).newest()];
  const events = kept.filter(({ event }) => event !== undefined).reverse();
  checkChain(undefined, events);
  return {
    receipts: kept.length - events.length,
    events: events.length,
    sessions: [...new CardLog(files, JOURNAL).newest()].length,
  };
}

export interface VerifiedStore {
  readonly storeId: StoreId;
  /** Of this member, as far as the card's catalogues know. */
  readonly copies: number;
  /** Undefined: it is as it should be. */
  readonly why: string | undefined;
}

export interface StoresToVerify {
  readonly readers: CardReaders;
  readonly packs: readonly PackRow[];
  readonly ownerKey: Uint8Array;
  readonly fetcher: CopyFetcher;
  readonly windowBytes: number;
  readonly windowLeaves: number;
  readonly random: Random;
}

/** Asks each for the owner it has admitted, and for a window of one copy, chosen at random. */
export async function verifyStores(options: StoresToVerify): Promise<readonly VerifiedStore[]> {
  const { readers, packs } = options;
  const verified: VerifiedStore[] = [];
  for (const storeId of readers.readers.keys()) {
    const here = packs.filter(({ copies }) => copies.some((copy) => copy.storeId === storeId));
    verified.push({ storeId, copies: here.length, why: await whyNot(storeId, here, options) });
  }
  return verified;
}

async function whyNot(
  storeId: StoreId,
  packs: readonly PackRow[],
  { readers, ownerKey, fetcher, windowBytes, windowLeaves, random }: StoresToVerify,
): Promise<string | undefined> {
  try {
    const admitted = await readers.ownerAt(storeId);
    if (!equalBytes(admitted, ownerKey)) return 'it would obey the warrants of somebody else';
    const row = packs.length === 0 ? undefined : packs[random.below(packs.length)];
    const copy = row?.copies.find((one) => one.storeId === storeId);
    if (row === undefined || copy === undefined) return undefined;
    const windows = row.leafCount / windowLeaves;
    const leaves = { first: random.below(windows) * windowLeaves, count: windowLeaves };
    await fetcher.fetchFrom(copy, leaves, new Uint8Array(windowBytes));
    return undefined;
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    // Who has no copy there was never introduced, and misses nothing.
    const isStranger = error.code === 'missing' && packs.length === 0;
    return isStranger ? undefined : error.message;
  }
}
