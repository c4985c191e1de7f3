// Answers a leaf challenge: every leaf is read as it lies there, and goes out with its way to the root. Nothing is
// healed first: a leaf that is wrong is given as it is, and what is wrong with its copy is for an examination to say.
import { type CopyId, KuraError, must } from '@kura/base';
import {
  type AskedLeaf,
  hashLeafChallenge,
  type LeafAnswer,
  type LeafAnswerItem,
  type LeafChallenge,
  signLeafAnswer,
  type TakeEvidence,
} from '@kura/contract';
import { MerkleTree } from '@kura/log/merkle-tree.ts';
import { allocatePages } from '@kura/native';
import { HASH_BYTES } from '../shelf/layout.ts';
import {
  type AuditedCopy,
  type AuditGround,
  checkMeant,
  openIfThere,
  readErrorOf,
} from './ground.ts';

/** Throws `refused` for a challenge to another store, `usage` for a leaf that its copy has not. */
export async function answerLeaves(
  ground: AuditGround,
  challenge: LeafChallenge,
  into: TakeEvidence,
): Promise<LeafAnswer> {
  checkMeant(ground, challenge);
  const challengeHash = hashLeafChallenge(challenge);
  const room = allocatePages(ground.shape.leafBytes);
  const opened = new OpenedCopies(ground);
  const items: LeafAnswerItem[] = [];
  try {
    for (const [index, asked] of challenge.leaves.entries()) {
      const found = await readLeaf(opened, asked, room);
      if (found.state !== 'read') {
        items.push({ ...asked, ...found });
        continue;
      }
      const hash = new Uint8Array(HASH_BYTES);
      ground.bulk.sha256(room, hash);
      items.push({ ...asked, state: 'read', hash });
      await into({ index, bytes: room, path: found.path });
    }
  } finally {
    opened.close();
  }
  const { storeId } = ground.identity;
  const { challengeId } = challenge;
  const fields = { challengeId, storeId, timeMs: ground.clock.nowMs(), challengeHash, items };
  return signLeafAnswer(fields, ground.seed());
}

type ReadLeaf =
  | { readonly state: 'read'; readonly path: readonly Uint8Array[] }
  | { readonly state: 'missing' }
  | { readonly state: 'unreadable'; readonly errno?: string };

async function readLeaf(
  opened: OpenedCopies,
  { copyId, leaf }: AskedLeaf,
  room: Uint8Array,
): Promise<ReadLeaf> {
  try {
    const copy = await opened.take(copyId);
    if (copy === undefined) return { state: 'missing' };
    if (leaf >= copy.leafCount) {
      throw new KuraError('usage', `copy ${copyId} has no leaf ${leaf}`);
    }
    await copy.read(leaf, room);
    return { state: 'read', path: opened.pathOf(leaf) };
  } catch (error) {
    return { state: 'unreadable', ...readErrorOf(error) };
  }
}

/** The copy that was opened last: a challenge may ask for several leaves of one copy, one after the other. */
class OpenedCopies {
  readonly #ground: AuditGround;
  #copyId: CopyId | undefined;
  #copy: AuditedCopy | undefined;
  #tree: MerkleTree | undefined;

  constructor(ground: AuditGround) {
    this.#ground = ground;
  }

  async take(copyId: CopyId): Promise<AuditedCopy | undefined> {
    if (this.#copyId === copyId) return this.#copy;
    this.close();
    this.#copy = await openIfThere(this.#ground, copyId);
    this.#copyId = copyId;
    return this.#copy;
  }

  /** In the copy that was taken; empty if it has no table. */
  pathOf(leaf: number): readonly Uint8Array[] {
    const { leafCount, table } = must(this.#copy, 'a copy that was taken');
    if (table === undefined) return [];
    this.#tree ??= treeOf(table.leafHashes, leafCount);
    return this.#tree.inclusionProof(leaf);
  }

  close(): void {
    this.#copy?.close();
    this.#copy = undefined;
    this.#copyId = undefined;
    this.#tree = undefined;
  }
}

function treeOf(leafHashes: Uint8Array, leafCount: number): MerkleTree {
  const tree = new MerkleTree();
  for (let leaf = 0; leaf < leafCount; leaf++) {
    tree.append(leafHashes.subarray(leaf * HASH_BYTES, (leaf + 1) * HASH_BYTES));
  }
  return tree;
}
