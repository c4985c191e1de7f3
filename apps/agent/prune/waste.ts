// How much of a pack is still used, and which packs are worth writing anew.
//
// The rule: unused room may stay as long as all of it together is at most the limit (5 % of what is used, by
// default). Above it, the packs with the greatest unused share are repacked first, until what is left keeps to
// the limit. A pack that is used in full is never touched.
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
  const reader = tools.reading.opener.open(entry.row);
  try {
    const { frames } = await reader.directory();
    let usedBytes = 0;
    let unusedBytes = 0;
    for (const frame of frames) {
      // A snapshot's own record is in use as long as the pack is.
      const used =
        frame.kind === 'snapshot'
          ? frame.chunks
          : frame.chunks.filter(({ id }) => tools.usage.uses(id));
      const plain = used.reduce((sum, chunk) => sum + chunk.length, 0);
      const share = frame.plainBytes === 0 ? 0 : plain / frame.plainBytes;
      usedBytes += frame.storedBytes * share;
      unusedBytes += frame.storedBytes * (1 - share);
    }
    return { entry, usedBytes: Math.round(usedBytes), unusedBytes: Math.round(unusedBytes) };
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
