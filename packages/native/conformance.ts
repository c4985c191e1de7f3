// The conformance suite of Native: whoever writes a third implementation registers it here, with
// every pairing with the others. For tests only.
import { bulkConformance } from './conformance/bulk.ts';
import { filesConformance } from './conformance/files.ts';
import { metadataConformance } from './conformance/metadata.ts';
import { pairsOf } from './conformance/tools.ts';
import type { Native } from './types.ts';

/** Registers the tests of all implementations given. */
export function nativeConformance(natives: readonly Native[]): void {
  for (const { kind, bulk } of natives) bulkConformance(kind, bulk);
  for (const pair of pairsOf(natives)) {
    filesConformance(pair);
    metadataConformance(pair);
  }
}
