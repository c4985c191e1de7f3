// Whom a store and its reader believe besides the coordinator: keys of tickets and of other stores, gateways, and
// the list of those who are no longer believed. Kept in the state, so that a coordinator that is away is not
// missed; the store changes it, the reader looks at it every few seconds.
import { type StoreId, Turns } from '@kura/base';
import { NO_REVOCATIONS, openRevocations, type RevocationList } from '@kura/contract';
import type { ReaderTrust } from '../reader/rights.ts';
import { decodeKeys, encodeKeys, type KeysFile, NO_KEYS, storeKeysOf } from './network-file.ts';
import type { StateFolder, StateReader } from './state-folder.ts';

export class TrustReader {
  readonly #state: StateReader;
  readonly #coordinatorKey: Uint8Array;
  #keys: KeysFile = NO_KEYS;
  #revocations: RevocationList = NO_REVOCATIONS;
  #stamp = '';

  constructor(state: StateReader, coordinatorKey: Uint8Array) {
    this.#state = state;
    this.#coordinatorKey = coordinatorKey;
    this.refresh();
  }

  get trust(): ReaderTrust {
    return {
      ticketKeys: this.#keys.ticketKeys,
      coordinatorKeys: [this.#coordinatorKey],
      revocations: this.#revocations,
    };
  }

  get keys(): KeysFile {
    return this.#keys;
  }

  get revocations(): RevocationList {
    return this.#revocations;
  }

  /** Reads what has changed. Throws `corrupt` or `refused`: then what was known before still holds. */
  refresh(): void {
    const stamp = `${this.#state.stampOf('keys')} ${this.#state.stampOf('revocations')}`;
    if (stamp === this.#stamp) return;
    const keys = this.#state.readText('keys');
    if (keys !== undefined) this.#keys = decodeKeys(keys);
    const signed = this.#state.read('revocations');
    if (signed !== undefined) this.#revocations = this.open(signed);
    this.#stamp = stamp;
  }

  /** Throws `refused` unless the coordinator signed this list, and it is no older than the one that is known. */
  protected open(signed: Uint8Array): RevocationList {
    return openRevocations(signed, {
      coordinatorKey: this.#coordinatorKey,
      heldNumber: this.#revocations.number,
    });
  }
}

export class TrustBook extends TrustReader {
  readonly #folder: StateFolder;
  /** Judged and written are one step: of two gateways at once the one with the older list must not write last. */
  readonly #turns = new Turns();
  /** The same map for ever: the shelf holds on to it. */
  readonly storeKeys = new Map<StoreId, Uint8Array>();

  constructor(folder: StateFolder, coordinatorKey: Uint8Array) {
    super(folder, coordinatorKey);
    this.#folder = folder;
    this.#fillStoreKeys();
  }

  /** What a heartbeat brought; durable when it resolves. Without keys those that are known stay. */
  learn(gateways: readonly string[], keys?: Omit<KeysFile, 'gateways'>): Promise<void> {
    return this.#turns.take(() => this.#learn(gateways, keys));
  }

  async #learn(gateways: readonly string[], keys?: Omit<KeysFile, 'gateways'>): Promise<void> {
    const isNews = keys !== undefined || gateways.join() !== this.keys.gateways.join();
    if (!isNews) return;
    await this.#folder.replace('keys', encodeKeys({ ...this.keys, ...keys, gateways }));
    this.refresh();
    this.#fillStoreKeys();
  }

  /** Durable when it resolves; the same list again is no error. */
  takeRevocations(signed: Uint8Array): Promise<void> {
    return this.#turns.take(() => this.#takeRevocations(signed));
  }

  async #takeRevocations(signed: Uint8Array): Promise<void> {
    const list = this.open(signed);
    if (list.number === this.revocations.number) return;
    await this.#folder.replace('revocations', signed);
    this.refresh();
  }

  #fillStoreKeys(): void {
    this.storeKeys.clear();
    for (const [storeId, key] of storeKeysOf(this.keys)) this.storeKeys.set(storeId, key);
  }
}
