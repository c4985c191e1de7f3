// How much of a pack is still used, and which packs are worth writing anew.
//
// The rule: unused room may stay as long as all of it together is at most the limit (5 % of what is used, by
// default). Above it, the packs with the greatest unused share are repacked first, until what is left keeps to
// the limit. A pack that is used in full is never touched.
import type { DirectoryChunk, DirectoryFrame } from '@kura/format';
import type { CatalogueEntry } from '../index/pack-catalogue.ts';
import type { Reading } from '../read/reading.ts';
import type { Usage } from './usage.ts';

export interface PackWaste {
  readonly entry: CatalogueEntry;
  /** Stored bytes, shared out within a frame by plaintext length. */
  readonly usedBytes: number;
  readonly unusedBytes: number;
}

export type UnusedLimit =
  | { readonly kind: 'unlimited' }
  | { readonly kind: 'share'; readonly share: number }
  | { readonly kind: 'bytes'; readonly bytes: number };

export async function wasteOf(
  entry: CatalogueEntry,
  tools: { readonly reading: Reading; readonly usage: Usage },
): Promise<PackWaste> {
  const { reading, usage } = tools;
  // A snapshot's own record is in use as long as the pack is.
  const isUsed: IsChosen = (frame, { id }) => frame.kind === 'snapshot' || usage.uses(id);
  const { chosenBytes, otherBytes } = await chunkShare(entry, reading, isUsed);
  return { entry, usedBytes: Math.round(chosenBytes), unusedBytes: Math.round(otherBytes) };
}

export type IsChosen = (frame: DirectoryFrame, chunk: DirectoryChunk) => boolean;

/** What some chunks of a pack take in it and what the others do: stored bytes of one copy, as a mean in each frame. */
export async function chunkShare(
  entry: CatalogueEntry,
  { opener }: Pick<Reading, 'opener'>,
  isChosen: IsChosen,
): Promise<{ readonly chosenBytes: number; readonly otherBytes: number }> {
  const reader = opener.open(entry.row);
  try {
    let chosenBytes = 0;
    let otherBytes = 0;
    for (const frame of (await reader.directory()).frames) {
      const chosen = frame.chunks.filter((chunk) => isChosen(frame, chunk));
      const plain = chosen.reduce((sum, chunk) => sum + chunk.length, 0);
      const share = frame.plainBytes === 0 ? 0 : plain / frame.plainBytes;
      chosenBytes += frame.storedBytes * share;
      otherBytes += frame.storedBytes * (1 - share);
    }
    return { chosenBytes, otherBytes };
  } finally {
    reader.close();
  }
}

export function chooseRepacks(
  wastes: readonly PackWaste[],
  limit: UnusedLimit,
): readonly PackWaste[] {
  if (limit.kind === 'unlimited') return [];
  const used = wastes.reduce((sum, waste) => sum + waste.usedBytes, 0);
  let unused = wastes.reduce((sum, waste) => sum + waste.unusedBytes, 0);
  const allowed = limit.kind === 'bytes' ? limit.bytes : used * limit.share;
  const chosen: PackWaste[] = [];
  for (const waste of wastes.toSorted((a, b) => shareOf(b) - shareOf(a))) {
    if (unused <= allowed || waste.unusedBytes === 0) break;
    chosen.push(waste);
    unused -= waste.unusedBytes;
  }
  return chosen;
}

function shareOf({ usedBytes, unusedBytes }: PackWaste): number {
  return unusedBytes / Math.max(1, usedBytes + unusedBytes);
}
