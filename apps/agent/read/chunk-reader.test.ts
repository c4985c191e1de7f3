// Goal: a restore that takes its chunks from many packs in turn gets each of them right, also when more packs and
// frames are in turn than are kept open: what is dropped and opened again, and room that is used again, shows nowhere.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { equalBytes, KuraError, must, SMALL_SHAPE } from '@kura/base';
import type { PackRow } from '@kura/contract';
import { type ContentEntry, chunkIdOf } from '@kura/format';
import { bulk, fixtureRandom, member, newReader, writePack } from '@kura/format/pack-fixtures.ts';
import { ChunkTable } from '../index/chunk-table.ts';
import { TestNetwork } from '../test-network.ts';
import { ChunkReader } from './chunk-reader.ts';
import { openReading, type Reading } from './reading.ts';

/** More than a reader keeps open (16), and more than twice the frames that it keeps (8). */
const PACKS = 18;
const FILES_PER_PACK = 3;

interface Saved {
  readonly entry: ContentEntry;
  readonly bytes: Uint8Array;
}

describe('A18: chunks of many packs, in turn', () => {
  let network: TestNetwork;
  /** Of each pack, in the order of its files; all small, so that they share a frame. */
  const packs: Saved[][] = [];

  before(async () => {
    network = await TestNetwork.found({ copies: 1 });
    for (let pack = 0; pack < PACKS; pack++) packs.push(await savePack(`round ${pack}`));
  });
  after(() => network.close());

  async function savePack(round: string): Promise<Saved[]> {
    const names = Array.from({ length: FILES_PER_PACK }, (_, file) => `${round}, file ${file}`);
    const files = names.map((name) => [name, network.random.bytes(700)] as const);
    const id = await network.save(Object.fromEntries(files), { kind: 'full' });
    const reading = await openReading(await network.context(), { purpose: 'read' });
    const { snapshot } = must(await reading.snapshots.find(id), 'what was saved');
    const root = { content: [snapshot.root], isList: false };
    const saved: Saved[] = [];
    for (const [name, bytes] of files) {
      const file = must(await reading.trees.find(root, network.pathOf(name)), 'the file');
      saved.push({ entry: must(file.content[0], 'its chunk'), bytes });
    }
    reading.close();
    return saved;
  }

  /** A file of each of so many packs, then the next file of each, and on to the packs that follow. */
  const inTurn = (width: number): Saved[] => {
    const order: Saved[] = [];
    for (let first = 0; first < PACKS; first += width) {
      const some = packs.slice(first, first + width);
      for (let file = 0; file < FILES_PER_PACK; file++) {
        order.push(...some.map((pack) => must(pack[file], 'a file of each pack')));
      }
    }
    return order;
  };
  /** All packs, so that each is come back to when it was dropped; and six, whose frames are kept meanwhile. */
  const orders = (): Saved[] => [...inTurn(PACKS), ...inTurn(6), ...inTurn(PACKS).reverse()];

  async function assertRight(reading: Reading, { entry, bytes }: Saved): Promise<void> {
    assert.ok(equalBytes(await reading.chunks.read(entry, 'data'), bytes));
  }

  it('each is right, whatever was dropped on the way, at home and from the stores', async () => {
    const numbers = new Set<number | undefined>();
    for (const isAtHome of [true, false]) {
      if (!isAtHome) network.loseCache();
      const reading = await openReading(await network.context(), { purpose: 'read' });
      for (const one of orders()) {
        numbers.add(reading.chunks.place(one.entry.id));
        await assertRight(reading, one);
      }
      reading.close();
    }
    assert.equal(numbers.size, PACKS, 'as many packs as were meant');
  });

  it('two readers at once, each on its way, do not get into each other', async () => {
    const context = await network.context();
    const readings = await Promise.all([0, 1].map(() => openReading(context, { purpose: 'read' })));
    await Promise.all(
      readings.map(async (reading, index) => {
        const order = index === 0 ? orders() : orders().reverse();
        for (const one of order) await assertRight(reading, one);
        reading.close();
      }),
    );
  });
});

describe('A18: a frame with a chunk that is not as it is named', () => {
  it('gives every other chunk, and this one never', async () => {
    const { chunkIdKeys } = member;
    const plains = [600, 700, 800].map((length) => fixtureRandom.bytes(length));
    const named = plains.map((plain, index) => ({
      // What a device that errs, or lies, may write: the name of other bytes.
      id: chunkIdOf(bulk, chunkIdKeys, 'data', index === 1 ? fixtureRandom.bytes(700) : plain),
      length: plain.length,
    }));
    const stored = new Uint8Array(Buffer.concat(plains));
    const frame = { codec: 'raw', stored, plainBytes: 2100, kind: 'data', chunks: named } as const;
    const shape = SMALL_SHAPE;
    const pack = await writePack({ shape }, [frame]);
    const table = ChunkTable.sizedFor(named.length);
    for (const { id } of named) table.add(id, 0);
    const chunks = new ChunkReader({
      ...{ table, chunkIdKeys, bulk },
      packByNumber: () => ({ leafCount: pack.leafCount }) as PackRow,
      opener: { open: () => newReader({ shape, ...pack }), expect: () => undefined },
    });
    const isRefused = (error: unknown): boolean =>
      error instanceof KuraError && error.code === 'corrupt' && /than its name/.test(error.message);
    for (const round of ['as the frame is opened', 'from what is kept']) {
      for (const index of [1, 0, 2]) {
        const reading = chunks.read(must(named[index], 'an entry'), 'data');
        if (index === 1) await assert.rejects(reading, isRefused, round);
        else assert.ok(equalBytes(await reading, must(plains[index], 'what was stored')), round);
      }
    }
    chunks.close();
  });
});
