// For tests: a member's chain of catalogues over the stores of a test network, with a gateway that takes a number once,
// as a service's does, and tables whose every change has a tick.
import { isDeepStrictEqual } from 'node:util';
import { KuraError, type PackId } from '@kura/base';
import type { PackChanges, PackRecord, PackRow, SnapshotRow } from '@kura/contract';
import type { CardStore } from '@kura/contract/wire/card-store.ts';
import { createGateway, embeddedCopyKeys } from '@kura/coordinator';
import { deriveServiceKeys, newRoot } from '@kura/member-seal';
import { loadNative } from '@kura/native';
import { native, type TestContext, type TestNetwork } from '../../test-network.ts';
import { type CardHeads, NO_HEADS } from '../card-files.ts';
import { CopyFinder } from '../find-copies.ts';
import type { Catalogue } from './body.ts';
import { ChainSearch } from './find-chain.ts';
import { CatalogueChain, type ChainTables } from './keep-chain.ts';
import { type MergedChain, mergeChain } from './merge-chain.ts';

interface Change {
  readonly row: PackRow | undefined;
  readonly packId: PackId;
}

export class TestChain implements ChainTables {
  readonly network: TestNetwork;
  readonly context: TestContext;
  readonly chain: CatalogueChain;
  readonly stored = new Map<PackId, PackRecord>();
  readonly #changes: Change[] = [];
  /** Beside those of the network: more than a test would save. */
  extraRows: readonly PackRow[] = [];
  /** Which are not to be known any more. */
  readonly gone = new Set<PackId>();

  constructor(network: TestNetwork, context: TestContext) {
    this.network = network;
    this.context = context;
    this.chain = new CatalogueChain(deriveServiceKeys(newRoot(network.random)).catalogueKey);
  }

  async changedPacks(sinceTick: number): Promise<PackChanges> {
    await this.#noteChanges();
    const changes = this.#changes.slice(sinceTick);
    const dropped = changes.filter(({ row }) => row === undefined).map(({ packId }) => packId);
    const rows = changes.flatMap(({ row }) => (row === undefined ? [] : [row]));
    return { tick: this.#changes.length, rows, dropped, isComplete: true };
  }

  snapshots(): Promise<readonly SnapshotRow[]> {
    return this.network.coordinator.snapshots();
  }

  /** As a device with this card does at the end of a session. */
  write(heads: CardHeads, device = this.context.device): Promise<CardHeads> {
    const { keys, random, shape, network } = this.context;
    return this.chain.write(heads, {
      tables: this,
      stores: this.cardStores(),
      forgotten: [...this.context.history.read().forgotten],
      record: async (record) => {
        this.stored.set(record.packId, record);
      },
      tools: {
        ...{ keys, device, random, shape, bulk: native.bulk },
        sink: this.#gateway(),
        check: {
          identities: new Map(network.stores.map(({ identity }) => [identity.storeId, identity])),
          copyKeys: this.context.copyKeys,
          bulk: loadNative('twin').bulk,
          shape,
        },
      },
    });
  }

  /** What a card with these heads finds. `stores`: those that it can read; default, all. */
  async find(
    heads: CardHeads = NO_HEADS,
    readers = new Map(this.context.stores),
  ): Promise<{ readonly catalogues: readonly Catalogue[]; readonly merged: MergedChain }> {
    const { keys, shape, copyKeys } = this.context;
    const learn = (stores: readonly CardStore[]): boolean => {
      const before = readers.size;
      for (const { identity } of stores) {
        const store = this.context.stores.get(identity.storeId);
        if (store !== undefined) readers.set(identity.storeId, store);
      }
      return readers.size > before;
    };
    const stores = { readers, copyKeys, learn };
    const catalogues = await new ChainSearch({
      ...{ names: this.chain.names, heads, keys, shape, bulk: native.bulk, stores },
      finder: new CopyFinder(stores),
    }).run();
    return { catalogues, merged: mergeChain(catalogues, copyKeys) };
  }

  cardStores(): readonly CardStore[] {
    return this.context.network.stores.map(({ identity }) => ({
      identity,
      kind: 'readable',
      readers: ['127.0.0.1:1'],
      copyKey: this.context.copyKeys.get(identity.storeId) ?? new Uint8Array(32),
      pseudonym: this.context.keys.memberId,
      grant: undefined,
    }));
  }

  #gateway() {
    const { network, stores, keys } = this.context;
    const gateway = createGateway({
      ...{ network, stores, native, hashing: 'gateway' as const },
      keys: embeddedCopyKeys(keys.embeddedNetworkSecret),
    });
    return {
      open: async (packId: PackId, leaves: number) => {
        if (!this.stored.has(packId)) return gateway.open(packId, leaves);
        throw new KuraError('already_exists', 'this id was used');
      },
    };
  }

  async #noteChanges(): Promise<void> {
    const now = [...(await this.network.rows()), ...this.extraRows];
    const rows = now.filter(({ packId }) => !this.gone.has(packId));
    for (const row of rows) {
      const known = this.#changes.findLast(({ packId }) => packId === row.packId)?.row;
      if (known !== undefined && isDeepStrictEqual(known, row)) continue;
      this.#changes.push({ row, packId: row.packId });
    }
    for (const packId of this.gone) {
      const known = this.#changes.findLast((change) => change.packId === packId);
      if (known?.row !== undefined) this.#changes.push({ row: undefined, packId });
    }
  }
}
