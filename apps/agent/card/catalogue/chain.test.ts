// Goal: whatever a card last knew, the chain of catalogues at the stores tells it every pack and snapshot that there
// is: across other devices, prunes, lost copies and forgeries (A17, A21).
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { equalBytes, KuraError, must, packId, toHex } from '@kura/base';
import type { PackRecord, PackRow } from '@kura/contract';
import { newDevice } from '@kura/member-seal';
import { SeededRandom } from '@kura/testing';
import { TestNetwork } from '../../test-network.ts';
import { NO_HEADS } from '../card-files.ts';
import { CopyFinder, elsewhereAt } from '../find-copies.ts';
import { decodeCatalogue, encodeCatalogue } from './body.ts';
import type { MergedChain } from './merge-chain.ts';
import { CatalogueNames, MILESTONE, WINDOW } from './names.ts';
import { TestChain } from './test-chain.ts';

const content = (seed: number, length = 20_000): Uint8Array => new SeededRandom(seed).bytes(length);

/** More rows than the largest pack of these tests holds. */
const MANY = 1500;

let network: TestNetwork;

async function begun(): Promise<TestChain> {
  network = await TestNetwork.found();
  await network.save({ a: content(1) });
  return new TestChain(network, await network.context());
}

async function checkWhole(chain: TestChain, merged: MergedChain): Promise<void> {
  assert.equal(merged.isWhole, true);
  const rows = (await chain.changedPacks(0)).rows;
  const wanted = new Map(rows.map((row) => [row.packId, row]));
  for (const gone of chain.gone) wanted.delete(gone);
  assert.deepEqual(
    merged.packs.map((row) => row.packId),
    [...wanted.keys()].sort(),
  );
  for (const { packId: id, leafCount, copies } of merged.packs) {
    const row = must(wanted.get(id), 'a row of the network');
    assert.equal(leafCount, row.leafCount);
    for (const { storeId, copyId, root } of copies) {
      const copy = must(
        row.copies.find((one) => one.storeId === storeId),
        'a copy of the row',
      );
      assert.equal(copyId, copy.copyId);
      assert.ok(equalBytes(root, copy.root));
    }
  }
  assert.deepEqual(merged.snapshots, await chain.snapshots());
}

describe('a chain of catalogues', () => {
  let chain: TestChain;

  before(async () => {
    chain = await begun();
  });
  after(() => network.close());

  it('A21: tells everything to a card that knows nothing, and to one that knows the first', async () => {
    const first = await chain.write(NO_HEADS);
    assert.deepEqual([first.number, first.whole, first.wholeBefore], [1, 1, 0]);
    await network.save({ a: content(1), b: content(2) });
    const second = await chain.write(first);
    assert.deepEqual([second.number, second.whole], [2, 1]);
    for (const heads of [NO_HEADS, first, second]) {
      await checkWhole(chain, (await chain.find(heads)).merged);
    }
  });

  it('A21: two devices write into one chain, and neither number is lost', async () => {
    const heads = await chain.write(NO_HEADS);
    await network.save({ c: content(3) });
    const mine = await chain.write(heads);
    await network.save({ d: content(4) });
    const theirs = await chain.write(
      heads,
      newDevice({ ownerSeed: chain.context.keys.ownerSeed, random: network.random }),
    );
    assert.equal(theirs.number, mine.number + 1);
    await checkWhole(chain, (await chain.find(NO_HEADS)).merged);
  });

  it('what was dropped is told, and comes back to nobody', async () => {
    const heads = await chain.write(NO_HEADS);
    const [row] = await network.rows();
    chain.gone.add(must(row, 'a pack').packId);
    const later = await chain.write(heads);
    const { merged } = await chain.find(later);
    assert.ok(!merged.packs.some(({ packId: id }) => chain.gone.has(id)));
    await checkWhole(chain, merged);
  });

  it('A21: a store that is not asked any more, one that rots and one that lacks copies hide nothing', async () => {
    const heads = await chain.write(NO_HEADS);
    const row = rowOf(must(chain.stored.get(chain.chain.names.of(heads.number)), 'its pack'));
    const [first, second] = row.copies.map(({ storeId }) => network.cityOf(storeId));
    network.damage(must(first, 'a copy'), row, 1);
    await checkWhole(chain, (await chain.find(heads)).merged);
    network.unlinkCopy(must(second, 'a copy'), row);
    const { catalogues } = await chain.find(heads);
    assert.ok(!catalogues.some(({ number }) => number === heads.number), 'no copy of it opens');
  });

  it('R7: one that no device of the owner signed is passed over', async () => {
    const heads = await chain.write(NO_HEADS);
    const stranger = newDevice({ ownerSeed: network.random.bytes(32), random: network.random });
    const forged = await chain.write(heads, stranger);
    const { catalogues, merged } = await chain.find(heads);
    assert.ok(!catalogues.some(({ number }) => number === forged.number));
    await checkWhole(chain, merged);
  });
});

describe('a chain of catalogues that is long', () => {
  let chain: TestChain;

  before(async () => {
    chain = await begun();
  });
  after(() => network.close());

  it('A17: is found from its beginning after prunes have left only what is kept of it', async () => {
    let heads = await chain.write(NO_HEADS);
    const first = heads;
    while (heads.number < 3 * WINDOW) heads = await chain.write(heads);
    const rows = [...chain.stored.values()].map(rowOf);
    const kept = chain.chain.kept(rows, heads);
    assert.ok(kept.size < 3 * WINDOW);
    for (const row of rows.filter(({ packId: id }) => !kept.has(id))) {
      for (const { storeId } of row.copies) network.unlinkCopy(network.cityOf(storeId), row);
    }
    await checkWhole(chain, (await chain.find(first)).merged);
    const names = Array.from({ length: 3 * WINDOW }, (_, index) => index + 1);
    const spared = names.filter((number) => kept.has(chain.chain.names.of(number)));
    assert.deepEqual(
      spared.filter((number) => number < heads.wholeBefore),
      names.filter((number) => number % MILESTONE === 0 && number < heads.wholeBefore),
    );
  });

  it('A17: comes in parts if one pack is too small, and half of it counts for nothing', async () => {
    chain.extraRows = Array.from({ length: MANY }, () => ({
      packId: packId(toHex(network.random.bytes(32))),
      ...{ leafCount: 4, state: 'standing', markedMs: undefined, copies: [] },
    }));
    const heads = await chain.write({ ...NO_HEADS, number: 3 * WINDOW });
    const { catalogues, merged } = await chain.find(heads);
    const parts = catalogues.filter(({ parts: count }) => count > 1);
    assert.ok(parts.length > 1 && parts.length === parts[0]?.parts);
    assert.equal(merged.packs.length, MANY + (await network.rows()).length);
    const last = rowOf(must(chain.stored.get(chain.chain.names.of(heads.number)), 'the last part'));
    for (const { storeId } of last.copies) network.unlinkCopy(network.cityOf(storeId), last);
    const without = await chain.find({ ...heads, number: 1 });
    assert.ok(without.merged.packs.length < MANY, 'the whole one before counts');
    assert.ok(without.merged.packs.length > 0);
  });
});

describe('a copy that is not where it was catalogued', () => {
  let chain: TestChain;

  before(async () => {
    chain = await begun();
  });
  after(() => network.close());

  it('A21: is found by its name at whatever store has it', async () => {
    const row = must((await network.rows())[0], 'a pack');
    const [held, other] = row.copies;
    const { storeId } = must(held, 'a copy');
    const finder = new CopyFinder({
      readers: chain.context.stores,
      copyKeys: chain.context.copyKeys,
    });
    const recorded = { ...row, copies: [must(other, 'another copy')] };
    const found = await elsewhereAt(finder)(recorded);
    assert.deepEqual(
      found.map((copy) => copy.storeId),
      [storeId],
    );
    assert.ok(equalBytes(must(found[0], 'it').root, must(held, 'a copy').root));
    assert.deepEqual(await elsewhereAt(finder)({ ...row, packId: packId('ab'.repeat(32)) }), []);
  });
});

describe('a catalogue as bytes', () => {
  const sample = () => ({
    ...{
      number: 5,
      whole: 2,
      part: 1,
      parts: 1,
      since: 7,
      until: 9,
      stores: [],
      snapshots: [],
      forgotten: [],
    },
    packs: [{ packId: packId('01'.repeat(32)), leafCount: 16, copies: [] }],
    dropped: [packId('02'.repeat(32))],
  });

  it('R38: is read as it was written, and every shortening of it is damage', () => {
    const bytes = encodeCatalogue(sample());
    assert.deepEqual(decodeCatalogue(bytes), sample());
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(
        () => decodeCatalogue(bytes.subarray(0, length)),
        (error) => error instanceof KuraError && ['corrupt', 'unsupported'].includes(error.code),
      );
    }
  });

  it('has a name that follows from key and number, and from nothing else', () => {
    const names = new CatalogueNames(new Uint8Array(32).fill(1));
    const again = new CatalogueNames(new Uint8Array(32).fill(1));
    assert.equal(names.of(1), again.of(1));
    assert.notEqual(names.of(1), names.of(2));
    assert.notEqual(names.of(1), new CatalogueNames(new Uint8Array(32).fill(2)).of(1));
  });
});

function rowOf({ packId: id, leafCount, copies }: PackRecord): PackRow {
  return {
    ...{ packId: id, leafCount, state: 'standing', markedMs: undefined },
    copies: copies.map(({ acknowledgement: { storeId, copyId, root }, reason }) => {
      return { storeId, copyId, root, reason, state: 'held' };
    }),
  };
}
