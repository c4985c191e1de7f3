// Goal: a coordinator comes back from a kit that is older than what was saved and removed since: a member's card and
// the stores give the rest back, whatever is run first, and nothing that the stores hold is lost.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { describeEnd, type Ended, runKura } from '../real/kura.ts';
import { assertSameTree, describeTree, restored } from '../real/tree.ts';
import { Journey } from './journey.ts';
import { recordsOf } from './records.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

const KIT_PASSPHRASE = 'a storehouse has thick walls';

describe('a coordinator whose kit is older than what was saved since', () => {
  let network: RunningNetwork;
  let grace: Journey;
  let trees: Map<string, readonly string[]>;

  const at = (name: string): string => `${network.folder}/${name}`;
  const config = (): readonly string[] => ['--config', at('coordinator.toml')];
  const operator = async (...argv: readonly string[]): Promise<Ended> => {
    const environment = { KURA_KIT_PASSPHRASE: KIT_PASSPHRASE };
    const ended = await runKura(['operator', ...argv], { home: at('operator'), environment });
    assert.equal(ended.code, 0, describeEnd(ended));
    return ended;
  };
  const member = async (...argv: readonly string[]): Promise<Ended> => {
    const ended = await network.member('grace', ...argv);
    assert.equal(ended.code, 0, describeEnd(ended));
    return ended;
  };
  const listed = async (...argv: readonly string[]) =>
    recordsOf((await member(...argv, '--json')).out);
  const newest = async (): Promise<string> => String((await listed('snapshots')).at(-1)?.id);
  /** Saves, and remembers how it looked. */
  const save = async (): Promise<string> => {
    await grace.save();
    const id = await newest();
    trees.set(id, describeTree(at('grace.source')));
    return id;
  };
  const lose = async (): Promise<void> => {
    await network.kill('coordinator');
    fs.rmSync(at('coordinator'), { recursive: true });
    fs.mkdirSync(at('coordinator/state'), { recursive: true, mode: 0o700 });
  };
  const rebuild = async (): Promise<void> => {
    await operator('rebuild', ...config(), '--kit', at('old.kit'), '--tiles', at('tiles'));
    const coordinator = await network.run('coordinator');
    const stores = recordsOf((await operator('stores', 'list', '--json')).out);
    assert.equal(stores.length, 2);
    for (const { store_id: store } of stores) {
      await coordinator.logged((line) => line.event === 'store connected' && line.store === store);
    }
  };
  const getBackAll = async (): Promise<void> => {
    for (const [id, tree] of trees) {
      await member('restore', id, '--target', at('back'));
      assertSameTree(restored(at('back'), at('grace.source')), tree);
      fs.rmSync(at('back'), { recursive: true });
    }
  };

  before(async () => {
    trees = new Map();
    network = await startNetwork({
      witnesses: 1,
      stores: [
        { city: 'osaka', kind: 'card-readable' },
        { city: 'frankfurt', kind: 'strict' },
      ],
    });
    grace = await Journey.begin(network, 'grace');
    await save();
    await operator('kit', ...config(), '--output', at('old.kit'));
    await save();
    await save();
    await operator('tiles', at('tiles'));
    await lose();
    await rebuild();
  });
  after(() => network?.close());

  it('D14: what came after the kit comes back from card and stores, and every snapshot is restored', async () => {
    const given = await member('card', 'give-back', '--json');
    const [told] = recordsOf(given.out);
    assert.equal(told?.snapshots, 2, describeEnd(given));
    assert.ok(Number(told?.packs) > 0);
    assert.deepEqual([told?.unconfirmed, told?.refused, told?.ended], [[], [], true]);
    const again = (await listed('card', 'give-back'))[0];
    assert.deepEqual([again?.packs, again?.snapshots, again?.events], [0, 0, 0]);
    assert.equal((await listed('snapshots')).length, trees.size);
    await getBackAll();
  });

  it('the history is the one that the device knows, and its receipts hold', async () => {
    await member('check', '--read-data');
    const receipts = await listed('receipts', 'list');
    assert.ok(receipts.every(({ valid }) => valid === true));
    assert.equal(receipts.filter(({ event }) => event === 'accepted').length, trees.size);
  });

  it('the next backup and a prune go on, and take nothing that is needed', async () => {
    await save();
    await member('prune');
    await getBackAll();
    await member('check', '--read-data');
  });
});
