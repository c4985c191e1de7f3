// For tests only: a log with its key, what it asks a witness, and what another history of it would ask.
import { utf8 } from '@kura/base';
import { encodeAddCheckpoint } from '@kura/contract/wire/add-checkpoint.ts';
import { ed25519PublicKey, type LogKey, MerkleTree, signCheckpoint } from '@kura/log';

export const SEED = new Uint8Array(32).fill(7);
export const ORIGIN = 'kura.network/test';
export const LOG: LogKey = { origin: ORIGIN, publicKey: ed25519PublicKey(SEED) };

/** What a log asks for, and may ask for wrongly. */
export interface Asked {
  readonly oldSize: number;
  readonly proof?: readonly Uint8Array[];
  readonly size?: number;
  readonly seed?: typeof SEED;
}

export class TestLog {
  readonly #tree = new MerkleTree();

  /** `history`: another word, other leaves. */
  static of(size: number, history = 'leaf'): TestLog {
    const log = new TestLog();
    return log.grow(size, history);
  }

  get size(): number {
    return this.#tree.size;
  }

  grow(count: number, history = 'leaf'): this {
    for (let added = 0; added < count; added++) this.#tree.append(utf8(`${history} ${this.size}`));
    return this;
  }

  checkpoint(size = this.size, seed = SEED): string {
    return signCheckpoint({ origin: ORIGIN, size, head: this.#tree.head(size) }, seed);
  }

  proof(fromSize: number, toSize = this.size): Uint8Array[] {
    return this.#tree.consistencyProof(fromSize, toSize);
  }

  /** The body of a request. */
  ask({ oldSize, proof, size = this.size, seed }: Asked): Uint8Array {
    return encodeAddCheckpoint({
      oldSize,
      proof: proof ?? this.proof(Math.min(oldSize, size), size),
      checkpoint: this.checkpoint(size, seed),
    });
  }
}
