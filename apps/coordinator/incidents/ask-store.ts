// What an open incident asks of the store: to examine the copy, or to give leaves again. What comes back is the
// store's signed word and nothing else; it is judged later, and by anybody.
import { equalBytes, KuraError, type Random } from '@kura/base';
import type { AuditedStore, Examination, StoreReader } from '@kura/contract';
import { openExamination } from '@kura/contract/audit/index.ts';
import { MAX_PATHS, type TruePath } from '@kura/contract/evidence/index.ts';
import { hashEntry, MerkleTree, treeHead } from '@kura/log';
import { askLeaves } from '../audit/ask-leaves.ts';
import type { CopyToAudit, Outcome } from '../audit/outcome.ts';
import type { ObservationClass } from './observation.ts';

const HASH_BYTES = 32;

/** What incidents need of a store. */
export type IncidentStore = AuditedStore & Pick<StoreReader, 'stat'>;

export interface Asking {
  readonly copy: CopyToAudit;
  readonly publicKey: Uint8Array;
  readonly port: IncidentStore;
  readonly leafBytes: number;
  readonly nowMs: () => number;
  readonly random: Random;
}

/** Throws `refused` for a word that is not the store's, and what kept it from answering. */
export async function examineCopy({ copy, publicKey, port }: Asking): Promise<Examination> {
  const { signed } = await port.examine(copy.copyId);
  return openExamination(signed, {
    ...{ storeKey: publicKey, storeId: copy.storeId, copyId: copy.copyId },
  });
}

export interface Reread {
  readonly class: ObservationClass;
  readonly leaves: readonly number[];
  readonly challenge?: Uint8Array;
  readonly answer?: Uint8Array;
}

/** Undefined: all of them are right. */
export async function rereadLeaves(
  { copy, publicKey, port, leafBytes, nowMs, random }: Asking,
  leaves: readonly number[],
): Promise<Reread | undefined> {
  const asked = leaves.map((leaf) => ({ copy, leaf }));
  const store = { storeId: copy.storeId, publicKey, lineMbit: undefined };
  const { class: seen, outcomes } = await askLeaves(asked, store, {
    port,
    leafBytes,
    nowMs,
    random,
  });
  if (seen === 'ok') return undefined;
  const [first] = outcomes;
  // A store that went away says nothing about the copy.
  if (first === undefined) return { class: seen === 'offline' ? 'late' : seen, leaves: [] };
  const wrong = outcomes.flatMap(({ findings }) => findings.map(({ leaf }) => leaf));
  return { class: classOf(first), leaves: wrong, ...evidenceOf(first) };
}

function classOf({ class: seen }: Outcome): ObservationClass {
  return seen === 'ok' || seen === 'offline' ? 'unknown' : seen;
}

function evidenceOf({ challenge, answer }: Outcome): Pick<Reread, 'challenge' | 'answer'> {
  if (challenge === undefined || answer === undefined) return {};
  return { challenge, answer };
}

/**
 * Hashes of the true leaves with their way to the root, from the store's own table as long as that leads there: a
 * table proves itself. Empty if it does not, or cannot be had.
 */
export async function truePaths(
  { copy, port }: Pick<Asking, 'copy' | 'port'>,
  leaves: readonly number[],
): Promise<readonly TruePath[]> {
  let leafHashes: Uint8Array;
  try {
    ({ leafHashes } = await port.stat(copy.copyId));
  } catch (error) {
    if (error instanceof KuraError) return [];
    throw error;
  }
  if (leafHashes.length !== copy.leafCount * HASH_BYTES) return [];
  if (!equalBytes(treeHead(leafHashes), copy.root)) return [];
  const hashOf = (leaf: number): Uint8Array =>
    leafHashes.slice(leaf * HASH_BYTES, (leaf + 1) * HASH_BYTES);
  const tree = new MerkleTree();
  for (let leaf = 0; leaf < copy.leafCount; leaf++) tree.appendHash(hashEntry(hashOf(leaf)));
  const known = leaves.filter((leaf) => leaf < copy.leafCount).slice(0, MAX_PATHS);
  return known.map((leaf) => ({ leaf, hash: hashOf(leaf), path: tree.inclusionProof(leaf) }));
}
