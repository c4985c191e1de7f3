// The way from a snapshot's id to the bytes of its files, over real stores: trees, chunks, packs and copies.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  type ByteString,
  type ChunkId,
  type ErrorCode,
  equalBytes,
  KuraError,
  must,
  type SnapshotId,
  type StoreId,
} from '@kura/base';
import type { PackRow, StorePort, StoreReader } from '@kura/contract';
import type { TreeEntry } from '@kura/format';
import { faultDisk } from '@kura/testing';
import { TestNetwork } from '../test-network.ts';
import { contentSource, treeSource } from './content-source.ts';
import type { CopyFault } from './copy-fetcher.ts';
import { openReading, type Reading } from './reading.ts';
import { walkTree } from './walk-tree.ts';

describe('reading', () => {
  let network: TestNetwork;
  let id: SnapshotId;
  let a: Uint8Array;
  let b: Uint8Array;
  let faults: CopyFault[];

  beforeEach(async () => {
    network = await TestNetwork.found();
    a = network.random.bytes(30_000);
    b = network.random.bytes(700);
    id = await network.save({ a, 'sub/b': b, 'sub/c': network.random.bytes(10) });
    faults = [];
  });
  afterEach(() => network.close());

  async function withReading<T>(work: (reading: Reading) => Promise<T>): Promise<T> {
    const onFault = (fault: CopyFault): void => {
      faults.push(fault);
    };
    const reading = await openReading(await network.context(), { purpose: 'read', onFault });
    try {
      return await work(reading);
    } finally {
      reading.close();
    }
  }

  async function rootOf(reading: Reading): Promise<Pick<TreeEntry, 'content' | 'isList'>> {
    const { snapshot } = must(await reading.snapshots.find(id), 'the snapshot');
    return { content: [snapshot.root], isList: false };
  }

  async function contentOf(reading: Reading, file: string): Promise<Uint8Array> {
    const entry = await reading.trees.find(await rootOf(reading), network.pathOf(file));
    const source = contentSource(reading);
    const parts: Uint8Array[] = [];
    for (const piece of await reading.trees.fileContent(must(entry, 'the file'))) {
      parts.push((await source.read(piece)).slice());
    }
    return new Uint8Array(Buffer.concat(parts));
  }

  const fails = (work: Promise<unknown>, code: ErrorCode): Promise<void> =>
    assert.rejects(work, (error) => error instanceof KuraError && error.code === code);
  const dataPack = async (): Promise<PackRow> =>
    must(
      (await network.rows()).toSorted((x, y) => y.leafCount - x.leafCount)[0],
      'the largest pack',
    );

  it('A18: gives every file back byte for byte, with the cache and without', async () => {
    for (const isFresh of [false, true]) {
      if (isFresh) network.loseCache();
      await withReading(async (reading) => {
        assert.ok(equalBytes(await contentOf(reading, 'a'), a));
        assert.ok(equalBytes(await contentOf(reading, 'sub/b'), b));
      });
    }
    assert.deepEqual(faults, []);
  });

  it('A18: turns to the next copy on rot, loss and errors, and tells of each', async () => {
    const row = await dataPack();
    for (let leaf = 0; leaf < row.leafCount; leaf += 2) network.damage('frankfurt', row, leaf);
    network.loseCache();
    await withReading(async (reading) => {
      assert.ok(equalBytes(await contentOf(reading, 'a'), a));
    });
    assert.ok(faults.length > 0);
    for (const fault of faults) {
      assert.equal(network.cityOf(fault.storeId), 'frankfurt');
      assert.equal(fault.code, 'corrupt');
    }
    network.unlinkCopy('frankfurt', row);
    faults = [];
    await withReading((reading) => contentOf(reading, 'a'));
    assert.deepEqual([...new Set(faults.map((fault) => fault.code))], ['missing']);
  });

  it('a leaf table that was exchanged is not believed', async () => {
    const [one, two] = (await network.rows()).filter((row) => row.leafCount === 4);
    const { disk, identity } = network.store('frankfurt');
    const pathOf = ({ copies }: PackRow): string => {
      const copy = must(
        copies.find(({ storeId }) => storeId === identity.storeId),
        'a copy in Frankfurt',
      );
      return must(
        disk.files('/shelf/copies').find((path) => path.endsWith(copy.copyId)),
        'its file',
      );
    };
    const bytes = disk.peek(pathOf(must(two, 'a second pack')));
    const place = pathOf(must(one, 'a pack'));
    disk.unlink(place);
    disk.create(place).write(bytes, 0);
    network.loseCache();
    await withReading(async (reading) => {
      assert.ok(equalBytes(await contentOf(reading, 'a'), a));
      assert.ok(equalBytes(await contentOf(reading, 'sub/b'), b));
    });
  });

  it('a store that tells other bytes, and leaf hashes that fit them, is not believed', async () => {
    network.loseCache();
    const context = await network.context();
    const { storeId } = network.store('frankfurt').identity;
    const honest = must(context.stores.get(storeId), 'the store in Frankfurt');
    const zeros = createHash('sha256').update(new Uint8Array(network.shape.leafBytes)).digest();
    const liar: StorePort = {
      identity: honest.identity,
      receive: (copyId, member) => honest.receive(copyId, member),
      freeBytes: () => honest.freeBytes(),
      stat: async (copyId) => {
        const stat = await honest.stat(copyId);
        const leafHashes = Buffer.concat(Array.from({ length: stat.leafCount }, () => zeros));
        return { ...stat, leafHashes };
      },
      fetch: async (_copyId, _firstLeaf, _leafCount, into) => {
        into.fill(0);
      },
    };
    const stores = new Map<StoreId, StorePort>(context.stores).set(storeId, liar);
    const onFault = (fault: CopyFault): void => {
      faults.push(fault);
    };
    const reading = await openReading({ ...context, stores }, { purpose: 'read', onFault });
    assert.ok(equalBytes(await contentOf(reading, 'a'), a));
    reading.close();
    assert.ok(faults.every(({ why }) => why.includes('does not match its root')));
    assert.ok(faults.length > 0);
  });

  it('says whether what cannot be read is lost, or only away', async () => {
    const row = await dataPack();
    for (const city of ['seoul', 'frankfurt']) network.unlinkCopy(city, row);
    await fails(
      withReading((reading) => contentOf(reading, 'a')),
      'data_lost',
    );
    network.store('seoul').isAway = true;
    await fails(
      withReading((reading) => contentOf(reading, 'a')),
      'too_few_stores',
    );
  });

  it('names the stores by their cities', async () => {
    for (const city of ['seoul', 'frankfurt']) network.store(city).isAway = true;
    network.loseCache();
    const reading = withReading((open) => contentOf(open, 'a'));
    await assert.rejects(
      reading,
      /read now: frankfurt: its store is away; seoul: its store is away/,
    );
  });

  it('C4: what all copies are refused for is no fault of theirs', async () => {
    const context = await network.context();
    const refusing = (storeId: StoreId, why: string): StoreReader => {
      const refuse = () => Promise.reject(new KuraError('refused', why));
      const { identity } = must(context.stores.get(storeId), 'a store');
      return { identity, stat: refuse, fetch: refuse };
    };
    const read = async (whyOf: (number: number) => string): Promise<Uint8Array> => {
      const ids = [...context.stores.keys()];
      const stores = new Map(ids.map((one, number) => [one, refusing(one, whyOf(number))]));
      const reading = await openReading({ ...context, stores }, { purpose: 'read' });
      return contentOf(reading, 'a').finally(() => reading.close());
    };
    await fails(
      read(() => 'the membership is closed'),
      'refused',
    );
    await fails(
      read((number) => `ticket ${number} is late`),
      'too_few_stores',
    );
  });

  it('a medium that errs may come back: nothing is called lost', async () => {
    for (const city of ['seoul', 'frankfurt']) {
      network.store(city).wrap = (disk) =>
        faultDisk(disk, { only: ['read'], at: 2, lasting: true });
    }
    await fails(
      withReading((reading) => contentOf(reading, 'a')),
      'too_few_stores',
    );
  });

  it('reads folders at home while no store is there, and from stores if home is damaged', async () => {
    for (const store of network.stores) store.isAway = true;
    const namesIn = (reading: Reading): Promise<ByteString[]> =>
      rootOf(reading).then(async (folder) => {
        const names: ByteString[] = [];
        for await (const found of walkTree(reading.trees, {
          folder,
          path: '/' as ByteString,
          isDeep: true,
        })) {
          names.push(found.path);
        }
        return names;
      });
    const names = await withReading(namesIn);
    assert.ok(names.includes(network.pathOf('sub/c')));
    for (const store of network.stores) store.isAway = false;
    const folder = (await network.context()).home.packFolder;
    for (const { name } of network.disk.list(folder)) network.disk.flip(`${folder}/${name}`, 5000);
    assert.deepEqual(await withReading(namesIn), names);
  });

  it('a chunk that nobody knows, or that is not what refers to it says, is an error', async () => {
    await withReading(async (reading) => {
      const unknown = { id: network.random.bytes(32) as ChunkId, length: 9 };
      await fails(reading.chunks.read(unknown, 'data'), 'missing');
      assert.equal(reading.chunks.place(unknown.id), undefined);
      assert.equal(contentSource(reading).locate?.(unknown), 0);
      const root = await rootOf(reading);
      const page = must(root.content[0], 'the root page');
      await fails(reading.chunks.read(page, 'data'), 'corrupt');
      await fails(reading.chunks.read({ ...page, length: page.length + 1 }, 'folder'), 'corrupt');
    });
  });

  it('finds entries by path, and nothing below a file, beside it, or too deep', async () => {
    await withReading(async (reading) => {
      const root = await rootOf(reading);
      const find = async (path: string): Promise<string | undefined> =>
        (await reading.trees.find(root, path as ByteString))?.type;
      assert.equal(await find(network.pathOf('sub')), 'folder');
      assert.equal(await find(network.pathOf('sub/b')), 'file');
      assert.equal(await find(`${network.pathOf('sub')}//b`), 'file');
      assert.equal(await find(network.pathOf('a/b')), undefined);
      assert.equal(await find(network.pathOf('none')), undefined);
      assert.equal(await find('/'), undefined);
      assert.equal(await find('/x'.repeat(5000)), undefined);
      const top = await treeSource(reading).entries(root as TreeEntry);
      assert.equal(top.length, 1);
    });
  });

  it('closes what it opened if the index cannot be loaded', async () => {
    const context = await network.context();
    const coordinator = Object.assign(Object.create(context.coordinator), {
      packs: () => Promise.reject(new KuraError('io', 'the tables are gone')),
    });
    await fails(openReading({ ...context, coordinator }, { purpose: 'read' }), 'io');
  });
});
