// One copy on its way to one store: cipher, receiver and name. Its acknowledgement counts only if the
// store we know signed it for exactly this copy, with leaf hashes that lead to the root it signed.
import { asKuraError, type CopyId, equalBytes, type PackId, type StoreId } from '@kura/base';
import {
  type AcknowledgedCopy,
  type CopyReceiver,
  type StoreAcknowledgement,
  type StoredCopy,
  verifyAcknowledgement,
} from '@kura/contract';
import type { CopyCipher } from '@kura/copy-seal';
import { checkLeafTable } from '@kura/copy-seal/leaves.ts';
import { HASH_BYTES } from '@kura/log/hash.ts';
import type { GatewayContext, Hashing, KeyedStore } from './context.ts';
import { rogueError } from './rogue.ts';

export interface OutgoingFields {
  readonly storeId: StoreId;
  readonly packId: PackId;
  /** At the most. */
  readonly leafCount: number;
  /** Why this store, in words. */
  readonly reason: string;
  /** Default: as the context says. */
  readonly hashing?: Hashing;
}

interface OutgoingParts {
  readonly store: KeyedStore;
  readonly copyId: CopyId;
  readonly reason: string;
  readonly cipher: CopyCipher;
  readonly receiver: CopyReceiver;
  readonly sentHashes: Uint8Array | undefined;
}

export class OutgoingCopy {
  readonly store: KeyedStore;
  readonly copyId: CopyId;
  readonly reason: string;
  readonly #context: GatewayContext;
  readonly #cipher: CopyCipher;
  readonly #receiver: CopyReceiver;
  /** Hashes of the leaves as they were sent; undefined if an agent will look for itself. */
  readonly #sentHashes: Uint8Array | undefined;
  #isFreed = false;

  private constructor(context: GatewayContext, parts: OutgoingParts) {
    this.#context = context;
    this.store = parts.store;
    this.copyId = parts.copyId;
    this.reason = parts.reason;
    this.#cipher = parts.cipher;
    this.#receiver = parts.receiver;
    this.#sentHashes = parts.sentHashes;
  }

  /** Throws whatever keeps the store from taking a copy. */
  static async begin(context: GatewayContext, fields: OutgoingFields): Promise<OutgoingCopy> {
    const { storeId, packId, leafCount, reason, hashing = context.hashing } = fields;
    const store = await context.store(storeId);
    const copyId = context.copyIdAt(store, packId);
    const cipher = context.openCipher({ store, copyId, direction: 'encrypt' });
    const sentHashes = hashing === 'gateway' ? new Uint8Array(leafCount * HASH_BYTES) : undefined;
    try {
      const sizeBytes = leafCount * context.shape.leafBytes;
      const receiver = await store.port.receive(copyId, store.pseudonym, sizeBytes);
      return new OutgoingCopy(context, { store, copyId, reason, cipher, receiver, sentHashes });
    } catch (error) {
      cipher.free();
      throw error;
    }
  }

  get storeId(): StoreId {
    return this.store.row.identity.storeId;
  }

  get city(): string {
    return this.store.row.identity.place.city;
  }

  /** Whole leaves of the pack in this store's cipher; `outer` may be `sealed`. */
  encrypt(firstLeaf: number, sealed: Uint8Array, outer: Uint8Array): void {
    this.#cipher.apply(firstLeaf, sealed, outer);
    if (this.#sentHashes !== undefined) this.#hash(firstLeaf, outer, this.#sentHashes);
  }

  #hash(firstLeaf: number, outer: Uint8Array, into: Uint8Array): void {
    const { bulk, shape } = this.#context;
    const end = firstLeaf + outer.length / shape.leafBytes;
    const hashes = into.subarray(firstLeaf * HASH_BYTES, end * HASH_BYTES);
    bulk.sha256Each(outer, shape.leafBytes, hashes);
  }

  /** Hands the next leaves over; `outer` may be reused when this resolves. */
  async write(outer: Uint8Array): Promise<void> {
    await this.#receiver.write(outer);
  }

  /** Durable, acknowledged and checked; no call may follow. */
  async finish(leafCount: number): Promise<StoredCopy> {
    try {
      const copy = await this.#receiver.finish();
      this.#check(copy, leafCount);
      const { acknowledgement, leafHashes } = copy;
      return { acknowledgement, leafHashes, reason: this.reason };
    } finally {
      this.#free();
    }
  }

  #check({ acknowledgement, leafHashes }: AcknowledgedCopy, leafCount: number): void {
    const { identity } = this.store.row;
    this.#checkSigner(acknowledgement, identity.publicKey);
    const isThisCopy =
      acknowledgement.storeId === identity.storeId &&
      acknowledgement.copyId === this.copyId &&
      acknowledgement.leafCount === leafCount;
    if (!isThisCopy) this.#refuse('acknowledges another copy');
    const isTable =
      leafHashes.length === leafCount * HASH_BYTES &&
      checkLeafTable(leafHashes, acknowledgement.root);
    if (!isTable) this.#refuse('signed a root it cannot show');
    const sent = this.#sentHashes?.subarray(0, leafHashes.length);
    if (sent !== undefined && !equalBytes(sent, leafHashes)) {
      this.#refuse('acknowledges other bytes than it was sent');
    }
  }

  #checkSigner(acknowledgement: StoreAcknowledgement, publicKey: Uint8Array): void {
    try {
      verifyAcknowledgement(acknowledgement, publicKey);
    } catch (error) {
      const { message } = asKuraError(error, 'an acknowledgement could not be judged');
      throw rogueError(message, { cause: error });
    }
  }

  #refuse(what: string): never {
    throw rogueError(`the store in ${this.city} ${what}`);
  }

  /** Leaves nothing behind at the store, also after a `finish` that failed. Never throws. */
  abort(): void {
    this.#receiver.abort();
    this.#free();
  }

  #free(): void {
    if (!this.#isFreed) this.#cipher.free();
    this.#isFreed = true;
  }
}
