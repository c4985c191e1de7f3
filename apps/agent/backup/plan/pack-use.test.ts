import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { must, type PackId, packId, sessionId } from '@kura/base';
import type { CoordinatorPort, PackRow, PackState } from '@kura/contract';
import { IN_SESSION } from '../../index/chunk-table.ts';
import { PackCatalogue } from '../../index/pack-catalogue.ts';
import { PackUse } from './pack-use.ts';

const idOf = (number: number): PackId => packId(String(number).repeat(64));

function useOf(states: readonly PackState[], rescued: ReadonlySet<PackId> = new Set()) {
  const catalogue = new PackCatalogue();
  for (const [number, state] of states.entries()) {
    const row: PackRow = {
      packId: idOf(number),
      leafCount: 4,
      state,
      markedMs: undefined,
      copies: [],
    };
    catalogue.add(row, { minimumCopies: 0, longAway: new Set() });
  }
  const asked: PackId[] = [];
  const coordinator = {
    rescuePack: async (_: unknown, id: PackId) => {
      asked.push(id);
      return rescued.has(id);
    },
  } as unknown as CoordinatorPort;
  const session = sessionId('ab'.repeat(16));
  return { use: new PackUse({ catalogue, coordinator, session }), asked };
}

describe('which packs a snapshot needs', () => {
  it('are those in which a chunk was found, each once; those of this session are known elsewhere', () => {
    const { use } = useOf(['standing', 'standing', 'standing']);
    use.add(2);
    use.add(0);
    use.add(2);
    use.add(IN_SESSION);
    assert.equal(use.tryUse(IN_SESSION), true);
    assert.equal(use.tryUse(undefined), false);
    assert.deepEqual(use.packIds(), [idOf(2), idOf(0)]);
  });

  it('a marked pack is not used before it is rescued, and is asked for once', async () => {
    const { use, asked } = useOf(['standing', 'marked'], new Set([idOf(1)]));
    assert.deepEqual(use.markedNumbers(), [1]);
    assert.equal(use.tryUse(1), false);
    assert.deepEqual(use.packIds(), []);
    const answers = await Promise.all([use.rescue(1), use.rescue(1)]);
    assert.deepEqual(answers, [true, true]);
    assert.deepEqual(asked, [idOf(1)]);
    assert.equal(use.tryUse(1), true);
    assert.deepEqual(use.packIds(), [idOf(1)]);
  });

  it('a pack that is being destroyed stays unused, however often it is asked for', async () => {
    const { use, asked } = useOf(['marked']);
    assert.equal(await use.rescue(0), false);
    assert.equal(await use.rescueAll([0]), false);
    assert.equal(use.isMarked(0), true);
    assert.deepEqual(use.packIds(), []);
    assert.equal(asked.length, 1);
  });

  it('all chunks of a file are rescued, or the file is read again', async () => {
    const { use } = useOf(['marked', 'standing', 'marked'], new Set([idOf(0)]));
    assert.equal(await use.rescueAll([0, 1, 0]), true);
    assert.deepEqual(use.packIds().toSorted(), [idOf(0), idOf(1)]);
    assert.equal(await use.rescueAll([1, 2]), false);
    assert.equal(
      must(use.packIds().at(-1), 'the last'),
      idOf(1),
      'what is not rescued is not used',
    );
  });
});
