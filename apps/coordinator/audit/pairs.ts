// Questions for full reads, made while a copy passes under its cipher: the key follows from the audit secret and
// the name of the pair, so that a row of the tables holds no key, and of the answer only its hash is kept.
import { hash } from 'node:crypto';
import { fromHex, type Random, toHex } from '@kura/base';
import { CopyTag } from '@kura/contract';
import { ROUNDS_PER_FETCH } from './plan/rounds.ts';
import { keyFrom } from './plan/seeds.ts';

/** Of each copy of a pack that is fetched: one for every round until it is fetched again. */
export const PAIRS_PER_FETCH = ROUNDS_PER_FETCH - 1;

const PAIR_ID_BYTES = 16;
const NONCE_BYTES = 12;

export interface PairKey {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** 12 bytes. */
  readonly nonce: Uint8Array;
}

export interface MadePair {
  /** 16 bytes in hexadecimal. */
  readonly pairId: string;
  /** SHA-256 of the tag. */
  readonly answerHash: Uint8Array;
}

/** A key is used for one copy and one question, so its nonce need not be another one each time. */
export function pairKey(auditSecret: Uint8Array, pairId: string): PairKey {
  return {
    key: keyFrom(auditSecret, 'pair', fromHex(pairId)),
    nonce: keyFrom(auditSecret, 'nonce', fromHex(pairId)).subarray(0, NONCE_BYTES),
  };
}

export function hashOfAnswer(tag: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', tag, 'buffer'));
}

export interface PairParts {
  readonly auditSecret: Uint8Array;
  readonly random: Random;
}

/** Pairs of one copy, in the making. */
export class PairMaker {
  readonly #tags: readonly { readonly pairId: string; readonly tag: CopyTag }[];

  constructor({ auditSecret, random }: PairParts, count = PAIRS_PER_FETCH) {
    this.#tags = Array.from({ length: count }, () => {
      const pairId = toHex(random.bytes(PAIR_ID_BYTES));
      return { pairId, tag: new CopyTag(pairKey(auditSecret, pairId)) };
    });
  }

  /** The next leaves as they lie at the store, in order. */
  add(outer: Uint8Array): void {
    for (const { tag } of this.#tags) tag.add(outer);
  }

  /** All of the copy has passed, and was right. */
  finish(): readonly MadePair[] {
    return this.#tags.map(({ pairId, tag }) => {
      return { pairId, answerHash: hashOfAnswer(tag.finish()) };
    });
  }
}
