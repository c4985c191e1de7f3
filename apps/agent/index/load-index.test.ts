import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type ChunkId, fromHex, type PackId } from '@kura/base';
import { faultDisk } from '@kura/testing';
import { CopyFetcher } from '../read/copy-fetcher.ts';
import { PackOpener } from '../read/pack-opener.ts';
import { type TestContext, TestNetwork } from '../test-network.ts';
import { chunkIdsOf, type IndexRecord, readIndex } from './index-file.ts';
import { type ChunkTables, loadChunkTables } from './load-index.ts';
import { PackCatalogue } from './pack-catalogue.ts';
import { strengthOf } from './strength.ts';

describe('the chunk tables', () => {
  let network: TestNetwork;

  beforeEach(async () => {
    network = await TestNetwork.found();
    await network.save({ a: network.random.bytes(20_000), b: network.random.bytes(200) });
  });
  afterEach(() => network.close());

  interface Loaded extends ChunkTables {
    readonly catalogue: PackCatalogue;
    /** Packs whose directory was read from stores. */
    readonly opened: readonly PackId[];
    readonly unreadable: readonly PackId[];
    readonly progress: readonly (readonly [number, number])[];
  }

  async function load(context: TestContext, purpose: 'save' | 'read' = 'read'): Promise<Loaded> {
    const { coordinator, stores, copyKeys, keys, shape, disk, home, random, clock } = context;
    const { bulk } = context.native;
    const fetcher = new CopyFetcher({ stores, copyKeys, bulk, shape });
    const opener = new PackOpener({ fetcher, keys, bulk, shape, local: undefined });
    const catalogue = await PackCatalogue.load(
      coordinator,
      strengthOf(context.network, clock.nowMs()),
    );
    const opened: PackId[] = [];
    const unreadable: PackId[] = [];
    const progress: (readonly [number, number])[] = [];
    const tables = await loadChunkTables({
      access: { disk, folder: home.indexFolder, localKey: keys.localKey, random },
      catalogue,
      mayUse: (entry) => purpose === 'read' || entry.isStrong,
      openers: [
        {
          open: (row) => {
            opened.push(row.packId);
            return opener.open(row);
          },
        },
      ],
      onUnreadable: (id) => unreadable.push(id),
      onRebuilt: (done, total) => progress.push([done, total]),
    });
    fetcher.close();
    return { ...tables, catalogue, opened, unreadable, progress };
  }

  const recordsOf = ({ disk, home, keys }: TestContext): IndexRecord[] => [
    ...readIndex({ disk, folder: home.indexFolder, localKey: keys.localKey }),
  ];

  it('come from the index alone where it knows every pack', async () => {
    const context = await network.context();
    const { readable, opened, catalogue } = await load(context);
    assert.deepEqual(opened, []);
    for (const record of recordsOf(context)) {
      const number = catalogue.byId(record.packId)?.number;
      for (const id of chunkIdsOf(record)) assert.equal(readable.find(id), number);
    }
  });

  it('come from the stores where it does not, and the index knows them afterwards', async () => {
    const before = recordsOf(await network.context());
    network.loseCache();
    const context = await network.context();
    const { readable, opened, catalogue, progress } = await load(context);
    assert.equal(opened.length, before.length);
    assert.deepEqual(progress.at(-1), [before.length, before.length]);
    for (const record of before) {
      const number = catalogue.byId(record.packId)?.number;
      for (const id of chunkIdsOf(record)) assert.equal(readable.find(id), number);
    }
    assert.deepEqual((await load(context)).opened, []);
  });

  it('do without a home that takes nothing', async () => {
    network.loseCache();
    const full = faultDisk(network.disk, { only: ['write'], at: 1, lasting: true });
    const { opened } = await load(await network.context(full));
    assert.equal(opened.length, (await network.rows()).length);
    assert.equal(full.struck, 'write');
  });

  it('for saving, know nothing of packs below strength; for reading, all', async () => {
    const context = await network.context();
    const [weak] = await network.rows();
    const records = recordsOf(context).filter((record) => record.packId === weak?.packId);
    const [id] = records.flatMap((record) => [...chunkIdsOf(record)]);
    assert.ok(id !== undefined && weak !== undefined);
    const { storeId } = network.store('seoul').identity;
    await network.coordinator.setCopyState(weak.packId, storeId, 'damaged');
    const saving = await load(context, 'save');
    assert.equal(saving.usable.find(id), undefined);
    assert.equal(saving.readable.find(id), saving.catalogue.byId(weak.packId)?.number);
    const reading = await load(context, 'read');
    assert.notEqual(reading.usable.find(id), undefined);
  });

  it('C11: of two packs with the same chunk the strong one counts, and the one without a mark', async () => {
    // Saved while the first packs did not count, the same content lies in two packs.
    const { storeId } = network.store('seoul').identity;
    const files = { c: new Uint8Array(6000).fill(1) };
    await network.save(files);
    const before = await network.rows();
    for (const { packId } of before) {
      await network.coordinator.setCopyState(packId, storeId, 'damaged');
    }
    await network.save(files);
    for (const { packId } of before) {
      await network.coordinator.setCopyState(packId, storeId, 'held');
    }
    const context = await network.context();
    const records = recordsOf(context);
    const holders = new Map<string, PackId[]>();
    for (const record of records) {
      for (const id of chunkIdsOf(record)) {
        const name = Buffer.from(id).toString('hex');
        holders.set(name, [...(holders.get(name) ?? []), record.packId]);
      }
    }
    const shared = [...holders].find(([, packs]) => packs.length > 1);
    assert.ok(shared !== undefined, 'a chunk in two packs');
    const [name, packs] = shared;
    for (const marked of packs) {
      await network.coordinator.markPacks([marked]);
      const { readable, catalogue } = await load(context);
      const found = readable.find(fromHex(name) as ChunkId);
      const other = packs.find((packId) => packId !== marked);
      assert.equal(found, catalogue.byId(other as PackId)?.number);
      await network.coordinator.unmarkPacks([marked]);
    }
  });

  it('name the packs whose directory nobody can give, and know all others', async () => {
    network.loseCache();
    const [hurt, ...others] = await network.rows();
    assert.ok(hurt !== undefined);
    for (const city of ['seoul', 'frankfurt']) network.unlinkCopy(city, hurt);
    const { unreadable, opened, progress } = await load(await network.context());
    assert.deepEqual(unreadable, [hurt.packId]);
    assert.equal(opened.length, others.length + 1);
    assert.deepEqual(progress.at(-1), [opened.length, opened.length]);
  });
});
