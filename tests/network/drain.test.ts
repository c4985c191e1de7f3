// Goal: an operator empties a store of a running network, each program a process of its own: its copies are made
// elsewhere, read back, counted, and only then removed; then the store goes, and everything comes back (A8, D9, D13).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { describeEnd, type Ended } from '../real/kura.ts';
import { recordsOf } from './records.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

const CITIES = ['osaka', 'frankfurt', 'stockholm'];

describe('a store of a running network is emptied', () => {
  let network: RunningNetwork;

  before(async () => {
    network = await startNetwork({
      stores: CITIES.map((city) => ({ city, kind: 'strict' as const })),
    });
    await network.join('grace');
  });
  after(() => network?.close());

  const done = (ended: Ended): Ended => {
    assert.equal(ended.code, 0, describeEnd(ended));
    return ended;
  };
  const member = async (...argv: string[]): Promise<Ended> =>
    done(await network.member('grace', ...argv));
  const copiesIn = async (city: string): Promise<number> => {
    const packs = recordsOf((await member('copies', '--json')).out);
    const cities = packs.flatMap((pack) =>
      (pack.copies as { city: string }[]).map((at) => at.city),
    );
    return cities.filter((one) => one === city).length;
  };

  it('D9, D13: nothing is left there, nothing is lost, and it comes back without it', async () => {
    const source = `${network.folder}/source`;
    fs.mkdirSync(source);
    const large = Buffer.alloc(3_000_001);
    for (let at = 0; at < large.length; at++) large[at] = (at * at) >>> 5;
    fs.writeFileSync(`${source}/large`, large);
    await member('backup', source);
    let emptied = '';
    for (const city of CITIES) if (emptied === '' && (await copiesIn(city)) > 0) emptied = city;
    const stores = recordsOf((await network.operator('stores', 'list', '--json')).out);
    const id = String(stores.find((store) => store.city === emptied)?.store_id);
    const early = await network.member('operator', 'operator', 'stores', 'retire', id);
    assert.notEqual(early.code, 0, 'not with copies on it');
    await network.operator('stores', 'drain', id, '--wait');
    assert.equal(await copiesIn(emptied), 0);
    await network.operator('stores', 'retire', id);
    await network.stop(`store-${emptied}`);
    const shelf = `${network.folder}/store-${emptied}`;
    fs.rmSync(shelf, { recursive: true, force: true });
    const target = `${network.folder}/back`;
    await member('restore', 'latest', '--target', target);
    assert.equal(Buffer.compare(fs.readFileSync(`${target}${source}/large`), large), 0);
    assert.match((await member('check', '--read-data')).out, /everything is whole/);
  });

  it('A6, A8: a member says where copies may lie, an operator about moves, and neither the other', async () => {
    const regions = recordsOf((await member('moves', 'forbid', 'us', '--json')).out);
    assert.deepEqual(regions.at(-1), { pinned: [], forbidden: ['us'] });
    await member('moves', 'free', 'us');
    const operator = (...argv: string[]) => network.member('operator', 'moves', ...argv);
    done(await operator('pause'));
    done(await operator('resume'));
    const log = recordsOf(done(await operator('log', '--json')).out);
    const words = log.map(({ what }) => what);
    assert.deepEqual(words.slice(0, 2), ['resume', 'pause']);
    assert.ok(words.includes('add') && words.includes('retire'));
    assert.notEqual((await operator('forbid', 'us')).code, 0);
    assert.notEqual((await network.member('grace', 'moves', 'pause')).code, 0);
  });
});
