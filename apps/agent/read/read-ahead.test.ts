// Goal: over a line, what is read in order is on its way before it is wanted, from several lanes at once, within
// bounds; what is read here and there costs nothing more (D6).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { equalBytes, MIB, packId, STANDARD_SHAPE as shape } from '@kura/base';
import type { PackRow } from '@kura/contract';
import type { LeafRange } from './copy-fetcher.ts';
import { type LeafSource, ReadAhead } from './read-ahead.ts';

const WINDOW = shape.windowLeaves;
const rowOf = (name: string): PackRow => ({
  packId: packId(name.repeat(32)),
  ...{ leafCount: 256, state: 'standing', markedMs: undefined, copies: [] },
});

/** Leaves that say which they are; answers come when the test lets them. */
class Lines {
  readonly asked: (LeafRange & { readonly lane: number; readonly pack: string })[] = [];
  readonly waiting: (() => void)[] = [];
  isHeld = false;
  failing = -1;

  lane(lane: number): LeafSource {
    return {
      fetch: async (row, range, into) => {
        this.asked.push({ ...range, lane, pack: row.packId });
        if (this.isHeld) await new Promise<void>((resolve) => this.waiting.push(resolve));
        if (this.failing >= range.first && this.failing < range.first + range.count) {
          throw new Error('no copy of it');
        }
        into.set(leaves(row, range));
      },
    };
  }

  get leaves(): number {
    return this.asked.reduce((sum, { count }) => sum + count, 0);
  }
}

function leaves({ packId: id }: PackRow, { first, count }: LeafRange): Uint8Array {
  const bytes = new Uint8Array(count * shape.leafBytes);
  for (let leaf = 0; leaf < count; leaf++) {
    bytes.fill(
      (first + leaf + id.charCodeAt(1)) % 251,
      leaf * shape.leafBytes,
      (leaf + 1) * shape.leafBytes,
    );
  }
  return bytes;
}

function begin({ laneCount = 2, isFast = false } = {}) {
  const lines = new Lines();
  const lanes = Array.from({ length: laneCount }, (_, lane) => lines.lane(lane));
  const source = new ReadAhead(lanes, shape, () => isFast);
  const read = async (row: PackRow, range: LeafRange): Promise<void> => {
    const into = new Uint8Array(range.count * shape.leafBytes);
    await source.fetch(row, range, into);
    assert.ok(equalBytes(into, leaves(row, range)), `leaves from ${range.first}`);
  };
  return { lines, read, expect: (row: PackRow) => source.expect(row) };
}

describe('D6: reading ahead', () => {
  it('gives every leaf of a pack that is read in order, and asks for none twice', async () => {
    const { lines, read } = begin();
    const row = rowOf('1a');
    for (let first = 0; first < row.leafCount; first += WINDOW)
      await read(row, { first, count: WINDOW });
    assert.equal(lines.leaves, row.leafCount);
    assert.ok(new Set(lines.asked.map(({ lane }) => lane)).size === 2, 'both lanes worked');
  });

  it('has pieces on their way while nobody waits, within its bound', async () => {
    const { lines, read } = begin();
    const row = rowOf('1a');
    for (let first = 0; first < 64; first += WINDOW) await read(row, { first, count: WINDOW });
    const ahead = lines.leaves - 64;
    assert.ok(ahead > 0);
    assert.ok(ahead * shape.leafBytes <= 4 * MIB);
  });

  it('asks for what is wanted and nothing else where it is read here and there', async () => {
    const { lines, read } = begin();
    for (const first of [0, 252, 100, 40, 200]) await read(rowOf('1a'), { first, count: WINDOW });
    assert.equal(lines.leaves, 5 * WINDOW);
  });

  it('follows several packs that are read in turn', async () => {
    const { lines, read } = begin();
    const rows = ['1a', '2b', '3c'].map(rowOf);
    for (let first = 0; first < 256; first += WINDOW) {
      for (const row of rows) await read(row, { first, count: WINDOW });
    }
    assert.equal(lines.leaves, 3 * 256);
  });

  it('brings one large read in pieces, over all lanes', async () => {
    const { lines, read } = begin();
    lines.isHeld = true;
    const done = read(rowOf('1a'), { first: 8, count: 64 });
    await new Promise(setImmediate);
    assert.deepEqual([...new Set(lines.asked.map(({ lane }) => lane))], [0, 1]);
    lines.isHeld = false;
    while (lines.waiting.length > 0) {
      lines.waiting.shift()?.();
      await new Promise(setImmediate);
    }
    await done;
  });

  it('tells whoever wants a piece that it failed, and tries it again for the next', async () => {
    const { lines, read } = begin();
    const row = rowOf('1a');
    lines.failing = 30;
    for (let first = 0; first < 24; first += WINDOW) await read(row, { first, count: WINDOW });
    await assert.rejects(read(row, { first: 24, count: 8 }), /no copy of it/);
    lines.failing = -1;
    await read(row, { first: 24, count: 8 });
  });
});

describe('D6: packs of which most is wanted', () => {
  const MEDIUM = 64;
  const inOrder = (leafCount: number): number[] => [
    ...[0, leafCount - WINDOW], // header and directory
    ...Array.from({ length: leafCount / WINDOW }, (_, window) => window * WINDOW),
  ];
  const medium = (name: string): PackRow => ({ ...rowOf(name), leafCount: MEDIUM });

  it('come in one answer each, and the next is on its way meanwhile', async () => {
    const { lines, read, expect } = begin({ isFast: true });
    const rows = ['1a', '2b', '3c', '4d'].map(medium);
    for (const [index, row] of rows.entries()) {
      for (const one of rows.slice(index, index + 2)) expect(one);
      for (const first of inOrder(MEDIUM)) await read(row, { first, count: WINDOW });
    }
    assert.deepEqual(
      lines.asked.map(({ pack, first, count }) => ({ pack, first, count })),
      rows.map(({ packId: pack }) => ({ pack, first: 0, count: MEDIUM })),
    );
    assert.equal(new Set(lines.asked.map(({ lane }) => lane)).size, 2, 'both lanes worked');
  });

  it('come in pieces if they are large, none of them twice', async () => {
    const { lines, read, expect } = begin({ isFast: true });
    const row = rowOf('1a');
    expect(row);
    for (const first of inOrder(row.leafCount)) await read(row, { first, count: WINDOW });
    assert.equal(lines.leaves, row.leafCount);
    assert.equal(lines.asked.length, row.leafCount / MEDIUM);
  });

  it('are let go within a bound, and then read like any other', async () => {
    const { lines, read, expect } = begin({ isFast: true });
    const rows = Array.from({ length: 8 }, (_, pack) => medium(`${pack}a`));
    for (const row of rows) expect(row);
    for (const row of rows) await read(row, { first: 4, count: WINDOW });
    const again = lines.asked.slice(rows.length);
    assert.ok(again.length > 0, 'eight packs are too many');
    assert.ok(again.every(({ count }) => count === WINDOW));
  });

  it('are asked for again if they did not come', async () => {
    const { lines, read, expect } = begin({ isFast: true });
    const row = medium('1a');
    lines.failing = 30;
    expect(row);
    await assert.rejects(read(row, { first: 0, count: WINDOW }), /no copy of it/);
    lines.failing = -1;
    await read(row, { first: 0, count: WINDOW });
  });

  it('are read piece by piece over a slow line', async () => {
    const { lines, read, expect } = begin();
    expect(medium('1a'));
    await read(medium('1a'), { first: 0, count: WINDOW });
    assert.equal(lines.leaves, WINDOW);
  });
});
