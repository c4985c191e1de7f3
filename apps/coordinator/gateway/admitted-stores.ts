// Makes a store know a member before the first copy of theirs goes there: the coordinator's admission is handed
// over, once per store and member of this process. A store that has it already says nothing.
import type { CopyId, MemberId, StoreId } from '@kura/base';
import type { CopyReceiver, CopyStat, StoreIdentity, StorePort } from '@kura/contract';
import type { StoreWays } from './context.ts';
import type { RemoteStore } from './remote-store.ts';

export interface AdmittedStoresParts {
  readonly stores: { remote(storeId: StoreId): RemoteStore | undefined };
  /** As the coordinator signed it; undefined where the store's own record knows the owner. */
  readonly admissionOf: (store: StoreId, pseudonym: MemberId) => Promise<Uint8Array | undefined>;
}

/** Of this process; each is a short text. */
const MAX_KNOWN = 100_000;

export class AdmittedStores implements StoreWays {
  readonly #parts: AdmittedStoresParts;
  readonly #known = new Set<string>();

  constructor(parts: AdmittedStoresParts) {
    this.#parts = parts;
  }

  get(storeId: StoreId): StorePort | undefined {
    const remote = this.#parts.stores.remote(storeId);
    return remote === undefined ? undefined : new AdmittedStore(remote, this);
  }

  /** Throws `refused` if nobody admitted this member there. */
  async admit(remote: RemoteStore, pseudonym: MemberId): Promise<void> {
    const { storeId } = remote.identity;
    const name = `${storeId} ${pseudonym}`;
    if (this.#known.has(name)) return;
    const admission = await this.#parts.admissionOf(storeId, pseudonym);
    if (admission !== undefined) await remote.admit(pseudonym, admission);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.add(name);
  }
}

class AdmittedStore implements StorePort {
  readonly #remote: RemoteStore;
  readonly #stores: AdmittedStores;

  constructor(remote: RemoteStore, stores: AdmittedStores) {
    this.#remote = remote;
    this.#stores = stores;
  }

  get identity(): StoreIdentity {
    return this.#remote.identity;
  }

  async receive(copyId: CopyId, member: MemberId, sizeBytes: number): Promise<CopyReceiver> {
    await this.#stores.admit(this.#remote, member);
    return this.#remote.receive(copyId, member, sizeBytes);
  }

  fetch: StorePort['fetch'] = (...call) => this.#remote.fetch(...call);

  stat(copyId: CopyId): Promise<CopyStat> {
    return this.#remote.stat(copyId);
  }

  freeBytes(): number {
    return this.#remote.freeBytes();
  }
}
