// Questions for full reads, made while a copy passes under its cipher: the key follows from the audit secret and
// the name of the pair, so that a row of the tables holds no key, and of the answer only its hash is kept.
import { hash } from 'node:crypto';
import { fromHex, type Random, toHex } from '@kura/base';
import { CopyTag } from '@kura/contract';
import { keyFrom } from './plan/seeds.ts';

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

/** One pair in the making. */
export class PairMaker {
  readonly #pairId: string;
  readonly #tag: CopyTag;

  constructor({ auditSecret, random }: PairParts) {
    this.#pairId = toHex(random.bytes(PAIR_ID_BYTES));
    this.#tag = new CopyTag(pairKey(auditSecret, this.#pairId));
  }

  /** The next leaves as they lie at the store, in order. */
  add(outer: Uint8Array): void {
    this.#tag.add(outer);
  }

  /** All of the copy has passed, and was right. */
  finish(): MadePair {
    return { pairId: this.#pairId, answerHash: hashOfAnswer(this.#tag.finish()) };
  }
}
