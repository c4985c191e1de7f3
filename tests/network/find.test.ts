// Goal: who holds a piece is found without any table, while coordinator and gateway are gone: by asking the stores that
// a card knows, and by a question on the local network, which each store answers with its address (D14).
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { must } from '@kura/base';
import { describeEnd, type Ended } from '../real/kura.ts';
import { Journey } from './journey.ts';
import { recordsOf } from './records.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

const HOST = '127.0.0.1';
const STRANGE = 'ab'.repeat(32);

interface Holder {
  readonly store: string;
  readonly where: string;
}

describe('finding who holds a piece', () => {
  let network: RunningNetwork;
  let pack = '';
  let holders: readonly string[] = [];
  let card: readonly string[] = [];

  /** On a machine that has nothing but the card. */
  const find = (...argv: readonly string[]): Promise<Ended> =>
    network.member('elsewhere', 'copies', '--find', ...argv, ...card, '--json');
  /** As long as it takes: it ends when every store has answered. */
  const nearby = ['--nearby', '--interface', HOST, '--wait', '600'] as const;
  const foundBy = (ended: Ended): readonly Holder[] => {
    assert.equal(ended.code, 0, describeEnd(ended));
    return recordsOf(ended.out)[0]?.holders as readonly Holder[];
  };

  before(async () => {
    network = await startNetwork({
      stores: [
        { city: 'osaka', kind: 'card-readable', nearby: HOST },
        { city: 'frankfurt', kind: 'card-readable', nearby: HOST },
      ],
    });
    const grace = await Journey.begin(network, 'grace');
    await grace.save();
    const listed = await network.member('grace', 'copies', '--json');
    const first = must(recordsOf(listed.out)[0], 'a pack');
    pack = String(first.pack_id);
    holders = (first.copies as Holder[]).map(({ store }) => store).sort();
    card = ['--card', `${network.folder}/grace/card`];
    await network.kill('coordinator');
  });
  after(() => network?.close());

  it('D14: every store that the card knows is asked, by the name that the copy has there', async () => {
    const found = foundBy(await find(pack));
    assert.deepEqual(found.map(({ store }) => store).sort(), holders);
    assert.equal((await find(STRANGE)).code, 1, 'and nobody has what nobody saved');
  });

  it('D14: by multicast each store that listens answers with the address of its reader', async () => {
    const found = foundBy(await find(pack, ...nearby));
    assert.deepEqual(found.map(({ store }) => store).sort(), holders);
    const ports = ['reader-osaka', 'reader-frankfurt'].map((name) => network.portOf(name));
    const wanted = ports.map((port) => `${HOST}:${port}`).sort();
    assert.deepEqual(found.map(({ where }) => where).sort(), wanted);
  });
});
