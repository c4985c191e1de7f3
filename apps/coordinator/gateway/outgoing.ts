// One copy on its way to one store: cipher, receiver and name. Its acknowledgement counts only if the
// store we know signed it for exactly this copy, with leaf hashes that lead to the root it signed.
import { type CopyId, equalBytes, KuraError, type PackId, type StoreId } from '@kura/base';
import { type CopyReceiver, type StoredCopy, verifyAcknowledgement } from '@kura/contract';
import { type CopyCipher, checkLeafTable } from '@kura/copy-seal';
import { HASH_BYTES } from '@kura/log';
import type { GatewayContext, KeyedStore } from './context.ts';

export interface OutgoingFields {
  readonly storeId: StoreId;
  readonly packId: PackId;
  /** Why this store, in words. */
  readonly reason: string;
}

export class OutgoingCopy {
  readonly store: KeyedStore;
  readonly copyId: CopyId;
  readonly reason: string;
  readonly #cipher: CopyCipher;
  readonly #receiver: CopyReceiver;
  #isFreed = false;

  /** Throws whatever keeps the store from taking a copy. */
  constructor(context: GatewayContext, { storeId, packId, reason }: OutgoingFields) {
    this.store = context.store(storeId);
    this.copyId = context.copyIdAt(this.store, packId);
    this.reason = reason;
    const { store, copyId } = this;
    this.#cipher = context.openCipher({ store, copyId, direction: 'encrypt' });
    try {
      this.#receiver = store.port.receive(copyId, context.memberId);
    } catch (error) {
      this.#cipher.free();
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
  }

  /** Hands the next leaves over; `outer` may be reused when this resolves. */
  async write(outer: Uint8Array): Promise<void> {
    await this.#receiver.write(outer);
  }

  /** Durable, acknowledged and checked; no call may follow. */
  async finish(leafCount: number): Promise<StoredCopy> {
    try {
      const acknowledgement = await this.#receiver.finish();
      const { identity } = this.store.row;
      verifyAcknowledgement(acknowledgement, identity.publicKey);
      if (
        acknowledgement.storeId !== identity.storeId ||
        acknowledgement.copyId !== this.copyId ||
        acknowledgement.leafCount !== leafCount
      ) {
        throw new KuraError('refused', `the store in ${this.city} acknowledges another copy`);
      }
      const { leafHashes, root } = await this.store.port.stat(this.copyId);
      const isTable =
        leafHashes.length === leafCount * HASH_BYTES &&
        equalBytes(root, acknowledgement.root) &&
        checkLeafTable(leafHashes, root);
      if (!isTable) {
        throw new KuraError('refused', `the store in ${this.city} signed a root it cannot show`);
      }
      return { acknowledgement, reason: this.reason, leafHashes };
    } finally {
      this.#free();
    }
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
