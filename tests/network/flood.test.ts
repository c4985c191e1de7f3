// Goal: the whole way from a feed to a copy that lies elsewhere, each program a process of its own: a warning is
// published, the coordinator hears it, and the network makes further copies, takes none away, and says why (A4, A8).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '@kura/base';
import { floodAt } from '../hazards/cap-alert.ts';
import { FeedServer } from '../hazards/feed-server.ts';
import { describeEnd, type Ended } from '../real/kura.ts';
import { recordsOf } from './records.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

const HUB = 'cap-alerts.s3.amazonaws.com';
const INDEX = `https://${HUB}/unfiltered/rss.xml`;
type Move = ReturnType<typeof recordsOf>[number];

const CITIES = ['osaka', 'frankfurt', 'stockholm'];

describe('a flood is coming', () => {
  let network: RunningNetwork;
  let world: FeedServer;
  let threatened = '';
  const letter = Buffer.from('dear reader\n'.repeat(90_000));

  before(async () => {
    world = await FeedServer.start([HUB]);
    network = await startNetwork({
      stores: CITIES.map((city) => ({ city, kind: 'strict' as const })),
    });
    await network.join('grace');
    fs.mkdirSync(`${network.folder}/source`);
    fs.writeFileSync(`${network.folder}/source/letter`, letter);
    await member('backup', `${network.folder}/source`);
  });
  after(async () => {
    await network?.close();
    await world?.close();
  });

  function done(ended: Ended): Ended {
    assert.equal(ended.code, 0, describeEnd(ended));
    return ended;
  }

  async function member(...argv: string[]): Promise<Ended> {
    return done(await network.member('grace', ...argv));
  }

  const operator = (...argv: string[]): Promise<Ended> =>
    network.member('operator', 'moves', ...argv);

  /** As soon as there are so many. */
  async function movesThat(isWanted: (move: Move) => boolean, count = 1): Promise<readonly Move[]> {
    for (;;) {
      const all = recordsOf(done(await operator('list', '--all', '--json')).out);
      const found = all.filter(isWanted);
      if (found.length >= count) return found;
    }
  }

  /** Of each pack, where it lies. */
  async function cities(): Promise<readonly (readonly string[])[]> {
    const packs = recordsOf((await member('copies', '--json')).out);
    return packs.map(({ copies }) => (copies as { city: string }[]).map(({ city }) => city));
  }

  it('A4, A8: what lies there gets a further copy elsewhere, and nothing goes', async () => {
    threatened = (await cities())[0]?.[0] ?? '';
    world.answers.set(INDEX, { body: floodAt(threatened, systemClock.nowMs()) });
    await network.stop('coordinator');
    const section = ['[hazards]', 'contact = "ops@example.org"', 'feeds = ["alert-hub"]'];
    const ways = [`proxy = "${world.proxy}"`, `authority = "${world.authorityFile}"`];
    fs.appendFileSync(`${network.folder}/coordinator.toml`, [...section, ...ways, ''].join('\n'));
    await network.run('coordinator');
    // One feed's word moves a part of a store within the hour; for the rest it wants an operator's.
    const [capped] = await movesThat(({ state }) => state === 'approval');
    done(await operator('approve', String(capped?.move_id)));
    const copied = await movesThat(({ state, kind }) => state === 'done' && kind === 'add', 2);
    for (const { reason } of copied) assert.match(String(reason), /Flood at/);

    for (const places of await cities()) {
      const others = places.filter((city) => city !== threatened);
      assert.equal(others.length, 2, 'a further copy elsewhere');
      assert.equal(places.length, 3, 'a warning takes nothing away');
    }
  });

  it('A8: with the place gone, everything comes back', async () => {
    await network.kill(`store-${threatened}`);
    const target = `${network.folder}/back`;
    await member('restore', 'latest', '--target', target);
    const back = fs.readFileSync(`${target}${network.folder}/source/letter`);
    assert.equal(Buffer.compare(back, letter), 0);
  });
});
