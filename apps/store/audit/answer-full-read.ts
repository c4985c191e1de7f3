// Answers a full read: every leaf of the copy goes into the tag and into the root, as it lies there. A group of
// leaves is in memory at a time.
import {
  CopyTag,
  type FullReadAnswer,
  type FullReadChallenge,
  hashFullReadChallenge,
  signFullReadAnswer,
} from '@kura/contract';
import { treeHead } from '@kura/log/hash.ts';
import { allocatePages } from '@kura/native';
import { GROUP_LEAVES, HASH_BYTES } from '../shelf/layout.ts';
import {
  type AuditedCopy,
  type AuditGround,
  checkMeant,
  openIfThere,
  readErrorOf,
} from './ground.ts';

/** Throws `refused` for a challenge to another store. */
export async function answerFullRead(
  ground: AuditGround,
  challenge: FullReadChallenge,
): Promise<FullReadAnswer> {
  checkMeant(ground, challenge);
  const { challengeId, copyId } = challenge;
  const challengeHash = hashFullReadChallenge(challenge);
  const found = await readAll(ground, challenge);
  const { storeId } = ground.identity;
  const timeMs = ground.clock.nowMs();
  const fields = { challengeId, storeId, copyId, timeMs, challengeHash, ...found };
  return signFullReadAnswer(fields, ground.seed());
}

type FullRead = Pick<FullReadAnswer, 'state' | 'tag' | 'root' | 'errno'>;

async function readAll(ground: AuditGround, challenge: FullReadChallenge): Promise<FullRead> {
  try {
    const copy = await openIfThere(ground, challenge.copyId);
    if (copy === undefined) return { state: 'missing' };
    try {
      return await tagOf(ground, copy, new CopyTag(challenge));
    } finally {
      copy.close();
    }
  } catch (error) {
    return { state: 'unreadable', ...readErrorOf(error) };
  }
}

async function tagOf(ground: AuditGround, copy: AuditedCopy, tag: CopyTag): Promise<FullRead> {
  const { leafBytes } = ground.shape;
  const atOnce = Math.min(GROUP_LEAVES, copy.leafCount);
  const room = allocatePages(atOnce * leafBytes);
  const hashes = new Uint8Array(copy.leafCount * HASH_BYTES);
  for (let leaf = 0; leaf < copy.leafCount; leaf += atOnce) {
    const count = Math.min(atOnce, copy.leafCount - leaf);
    const part = room.subarray(0, count * leafBytes);
    await copy.read(leaf, part);
    tag.add(part);
    const into = hashes.subarray(leaf * HASH_BYTES, (leaf + count) * HASH_BYTES);
    ground.bulk.sha256Each(part, leafBytes, into);
  }
  return { state: 'read', tag: tag.finish(), root: treeHead(hashes) };
}
