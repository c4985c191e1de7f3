// Goal: what is read while it arrives is checked as it arrives: a store that fails in the middle costs only what was
// missing, and one that gives other bytes, or another table, gives nothing (D6, A15).
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { equalBytes, KuraError, must, type StoreId } from '@kura/base';
import type { LeafTaker, LeavesWanted, PackRow, StoreReader } from '@kura/contract';
import type { AgentContext } from '../context.ts';
import { TestNetwork } from '../test-network.ts';
import { type CopyFault, CopyFetcher } from './copy-fetcher.ts';

type Asked = Pick<LeavesWanted, 'first' | 'count' | 'withTable'> & { readonly storeId: StoreId };

describe('leaves that are read while they arrive', () => {
  let network: TestNetwork;
  let context: AgentContext;
  let row: PackRow;
  /** As it is read from one store, all at once. */
  let wanted: Uint8Array;
  let asked: Asked[] = [];
  let faults: CopyFault[] = [];

  before(async () => {
    network = await TestNetwork.found();
    await network.save({ a: network.random.bytes(30_000) });
    context = await network.context();
    const rows = (await network.rows()).toSorted((x, y) => y.leafCount - x.leafCount);
    row = must(rows[0], 'the largest pack');
    wanted = await read(fetcherOf((store) => store));
  });
  after(() => network.close());

  function fetcherOf(change: (store: StoreReader, place: number) => StoreReader): CopyFetcher {
    asked = [];
    faults = [];
    const { copyKeys, native, shape } = context;
    const readers = row.copies.map(({ storeId }, place) => {
      const store = must(context.stores.get(storeId), 'its store');
      return [storeId, change(store, place)] as const;
    });
    const stores = new Map(readers);
    const onFault = (fault: CopyFault): void => void faults.push(fault);
    return new CopyFetcher({ stores, copyKeys, bulk: native.bulk, shape, onFault });
  }

  async function read(fetcher: CopyFetcher): Promise<Uint8Array> {
    const into = new Uint8Array(row.leafCount * context.shape.leafBytes);
    await fetcher.fetch(row, { first: 0, count: row.leafCount }, into);
    return into;
  }

  /** A store over a line; `spoil` may change what arrives, or end it. */
  function streaming(
    store: StoreReader,
    spoil: (part: Uint8Array, number: number) => void = () => undefined,
  ): StoreReader {
    const stream = async (leaves: LeavesWanted, taker: LeafTaker): Promise<void> => {
      const { copyId, first, count, into, partBytes, withTable } = leaves;
      asked.push({ storeId: store.identity.storeId, first, count, withTable });
      if (withTable) taker.onTable(await store.stat(copyId));
      await store.fetch(copyId, first, count, into);
      for (let at = 0; at < into.length; at += partBytes) {
        const part = into.subarray(at, at + partBytes);
        spoil(part, at / partBytes);
        taker.onPart(part);
      }
    };
    return { identity: store.identity, stat: (id) => store.stat(id), fetch: fail, stream };
  }

  const fail = (): never => {
    throw new KuraError('unreachable', 'the line broke');
  };

  it('are the same, and the table comes once', async () => {
    const fetcher = fetcherOf((store) => streaming(store));
    assert.ok(equalBytes(await read(fetcher), wanted));
    await read(fetcher);
    assert.deepEqual(
      asked.map(({ first, count, withTable }) => ({ first, count, withTable })),
      [true, false].map((withTable) => ({ first: 0, count: row.leafCount, withTable })),
    );
  });

  it('D6: are asked of the next store from where the first one failed', async () => {
    const breaksOff = (_: Uint8Array, part: number): void => {
      if (part === 1) fail();
    };
    const fetcher = fetcherOf((store, place) =>
      streaming(store, place === 0 ? breaksOff : undefined),
    );
    assert.ok(equalBytes(await read(fetcher), wanted));
    const partLeaves = 2 * context.shape.windowLeaves;
    const [first, next] = asked;
    assert.equal(first?.first, 0);
    assert.equal(next?.first, partLeaves);
    assert.equal(next.count, row.leafCount - partLeaves);
    assert.deepEqual(
      faults.map(({ code }) => code),
      ['unreachable'],
    );
  });

  it('A15: are not believed if they are others, and what came before them is', async () => {
    const lies = (bytes: Uint8Array, part: number): void => {
      if (part === 1) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    };
    const fetcher = fetcherOf((store, place) => streaming(store, place === 0 ? lies : undefined));
    assert.ok(equalBytes(await read(fetcher), wanted));
    assert.equal(asked[1]?.first, 2 * context.shape.windowLeaves);
    assert.deepEqual(
      faults.map(({ code }) => code),
      ['corrupt'],
    );
  });

  it('A15: are not looked at under a table that does not lead to the root', async () => {
    const fetcher = fetcherOf((store, place) => {
      const reader = streaming(store);
      if (place > 0) return reader;
      const other = new Uint8Array(32);
      const stat: StoreReader['stat'] = async (copyId) => ({
        ...(await store.stat(copyId)),
        leafHashes: other,
      });
      return streaming({ ...reader, stat, fetch: store.fetch.bind(store) });
    });
    assert.ok(equalBytes(await read(fetcher), wanted));
    assert.deepEqual(
      faults.map(({ code }) => code),
      ['corrupt'],
    );
    assert.equal(asked[1]?.first, 0);
  });
});
