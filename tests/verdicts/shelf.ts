// A store as a verdict sees it: one copy whose leaves have hashes, a medium that decays, and the program that
// answers and examines as the shipped one does (apps/store), so that cases are made from what happens to bytes and
// not from what a judge would like to read. Bytes themselves are not modelled: a leaf is its hash.
import { copyId, GIB, must, packId, storeId, toHex } from '@kura/base';
import { ed25519PublicKey, signAcknowledgement } from '@kura/contract';
import {
  type Examination,
  type ExaminationFields,
  type Finding,
  type FullReadChallenge,
  hashFullReadChallenge,
  hashLeafChallenge,
  type LeafAnswerItem,
  type LeafChallenge,
  MAX_FINDINGS,
  type ParityState,
  signExamination,
  signFullReadAnswer,
  signLeafAnswer,
} from '@kura/contract/audit/index.ts';
import { hashEntry, MerkleTree } from '@kura/log';
import type { SeededRandom } from '@kura/testing';

/** Leaves of a pack, as in a standard network. */
const LEAF_COUNTS = [16, 64, 256] as const;
export const LEAF_BYTES = 64 * 1024;
const GROUP = 64;
const HEALED_PER_ROW = 2;
const HASH_BYTES = 32;

export interface Entrusted {
  readonly leafHashes: readonly Uint8Array[];
  readonly tree: MerkleTree;
  readonly root: Uint8Array;
}

/** A copy as it was taken in, and the key of its store: made once, used by many cases. */
export interface PreparedCopy extends Entrusted {
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly storeId: ReturnType<typeof storeId>;
  readonly packId: ReturnType<typeof packId>;
  readonly copyId: ReturnType<typeof copyId>;
  readonly acknowledgement: ReturnType<typeof signAcknowledgement>;
  readonly heldBytes: number;
}

export function treeOf(leafHashes: readonly Uint8Array[]): MerkleTree {
  const tree = new MerkleTree();
  for (const hash of leafHashes) tree.appendHash(hashEntry(hash));
  return tree;
}

export function prepareCopy(random: SeededRandom, acknowledgedMs: number): PreparedCopy {
  const seed = random.bytes(HASH_BYTES);
  const names = {
    storeId: storeId(toHex(random.bytes(16))),
    copyId: copyId(toHex(random.bytes(32))),
  };
  const leafCount = random.pick(LEAF_COUNTS);
  const leafHashes = Array.from({ length: leafCount }, () => random.bytes(HASH_BYTES));
  const tree = treeOf(leafHashes);
  const root = tree.head();
  const fields = { ...names, leafCount, root, timeMs: acknowledgedMs };
  return {
    ...{ seed, publicKey: ed25519PublicKey(seed), leafHashes, tree, root },
    ...{ ...names, packId: packId(toHex(random.bytes(32))) },
    acknowledgement: signAcknowledgement(fields, seed),
    heldBytes: (1 + random.below(8_000)) * GIB,
  };
}

export interface Damage {
  readonly kind: Finding['kind'];
  readonly hash: Uint8Array;
  readonly blocks: number;
  readonly errno?: string;
  readonly foreign?: Finding['foreign'];
}

export class ModelShelf {
  readonly copy: PreparedCopy;
  readonly damage = new Map<number, Damage>();
  isMissing = false;
  /** Both tables are gone: nothing there can be judged. */
  isTorn = false;
  /** Parity lies on the same medium. */
  isParityDecayed = false;
  /** Made anew over what lies there. */
  isParityChanged = false;
  /** The table leads to what lies there, and not to what was acknowledged. */
  isTableChanged = false;
  mediumErrors = 0;
  reportedBefore = false;
  /** Found on that day: whoever asks later is told the same. */
  #first: ExaminationFields | undefined;

  constructor(copy: PreparedCopy) {
    this.copy = copy;
  }

  get leafCount(): number {
    return this.copy.leafHashes.length;
  }

  /** As the medium gives it now. */
  hashOf(leaf: number): Uint8Array {
    return this.damage.get(leaf)?.hash ?? must(this.copy.leafHashes[leaf], 'a leaf of the copy');
  }

  answerItem(leaf: number): LeafAnswerItem {
    const asked = { copyId: this.copy.copyId, leaf };
    if (this.isMissing) return { ...asked, state: 'missing' };
    const damage = this.damage.get(leaf);
    if (damage?.kind !== 'unreadable') return { ...asked, state: 'read', hash: this.hashOf(leaf) };
    return {
      ...asked,
      state: 'unreadable',
      ...(damage.errno === undefined ? {} : { errno: damage.errno }),
    };
  }

  examine(timeMs: number): ExaminationFields {
    if (this.#first !== undefined) return { ...this.#first, timeMs };
    const found = this.#look(timeMs);
    if (found.state === 'healed' || found.state === 'damaged') this.#first = found;
    if (found.state === 'healed') this.damage.clear();
    return found;
  }

  #look(timeMs: number): ExaminationFields {
    const { storeId: id, copyId: name, root } = this.copy;
    const about = { storeId: id, copyId: name, timeMs, foundMs: timeMs };
    const { mediumErrors, reportedBefore } = this;
    const none = { leafCount: 0, root: new Uint8Array(HASH_BYTES), findings: [], wrongLeaves: 0 };
    const rest = { ...about, mediumErrors, reportedBefore };
    if (this.isMissing) return { ...rest, ...none, state: 'missing', parity: 'damaged' };
    if (this.isTorn) return { ...rest, ...none, state: 'damaged', parity: 'damaged' };
    if (this.isTableChanged) {
      const hashes = Array.from({ length: this.leafCount }, (_, leaf) => this.hashOf(leaf));
      const whole = {
        leafCount: this.leafCount,
        findings: [],
        wrongLeaves: 0,
        parity: 'agrees' as const,
      };
      return { ...rest, ...whole, root: treeOf(hashes).head(), state: 'intact' };
    }
    const isHealed = this.#isHealable();
    const findings = [...this.damage]
      .sort(([a], [b]) => a - b)
      .map(([leaf, damage]): Finding => this.#finding(leaf, damage, isHealed));
    const state = findings.length === 0 ? 'intact' : isHealed ? 'healed' : 'damaged';
    const seen = { findings: findings.slice(0, MAX_FINDINGS), wrongLeaves: findings.length };
    return {
      ...rest,
      ...seen,
      leafCount: this.leafCount,
      root,
      state,
      parity: this.#parity(isHealed),
    };
  }

  #finding(leaf: number, damage: Damage, isHealed: boolean): Finding {
    const { kind, errno, foreign } = damage;
    const extent = { blocks: isHealed ? damage.blocks : 0, firstBlock: 0, bits: 0 };
    const said = errno === undefined ? {} : { errno };
    if (kind === 'foreign' && foreign !== undefined)
      return { leaf, kind, ...extent, ...said, foreign };
    return { leaf, kind: kind === 'foreign' ? 'wrong' : kind, ...extent, ...said };
  }

  #parity(isHealed: boolean): ParityState {
    if (this.isParityChanged) return 'changed';
    if (this.isParityDecayed) return isHealed ? 'rebuilt' : 'damaged';
    return isHealed ? 'agrees' : 'damaged';
  }

  /** Two erasures in each row of each group, and none where parity is gone. */
  #isHealable(): boolean {
    if (this.isParityChanged) return false;
    const rows = new Map<string, number>();
    for (const leaf of this.damage.keys()) {
      const row = `${Math.floor(leaf / GROUP)} ${leaf % 2}`;
      rows.set(row, (rows.get(row) ?? 0) + 1);
    }
    const most = this.isParityDecayed ? HEALED_PER_ROW - 1 : HEALED_PER_ROW;
    return [...rows.values()].every((count) => count <= most);
  }
}

// ── What a store signs ──────────────────────────────────────────────────────────────────────────────

export function signItems(
  { seed, storeId: id }: PreparedCopy,
  challenge: LeafChallenge,
  answer: { readonly items: readonly LeafAnswerItem[]; readonly timeMs: number },
): Uint8Array {
  const { challengeId } = challenge;
  const challengeHash = hashLeafChallenge(challenge);
  return signLeafAnswer({ challengeId, storeId: id, challengeHash, ...answer }, seed).signed;
}

export function signFullRead(
  { seed, storeId: id, copyId: name }: PreparedCopy,
  challenge: FullReadChallenge,
  answer: { readonly tag: Uint8Array; readonly root: Uint8Array; readonly timeMs: number },
): Uint8Array {
  const about = { challengeId: challenge.challengeId, storeId: id, copyId: name };
  const challengeHash = hashFullReadChallenge(challenge);
  return signFullReadAnswer({ ...about, challengeHash, state: 'read', ...answer }, seed).signed;
}

export function signFindings({ seed }: PreparedCopy, fields: ExaminationFields): Examination {
  return signExamination(fields, seed);
}
