// Goal: the thinnest way through a network of others, with nothing in between left out: coordinator, a store without
// any port, a store with a reader, each a process of its own over TLS; a person joins, saves and gets back (A14, B1).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { describeEnd, type Ended } from '../real/kura.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

describe('a network on one machine, each program a process', () => {
  let network: RunningNetwork;

  before(async () => {
    network = await startNetwork({
      stores: [
        { city: 'osaka', kind: 'strict' },
        { city: 'frankfurt', kind: 'card-readable' },
      ],
    });
  });
  after(() => network?.close());

  const done = (ended: Ended): string => {
    assert.equal(ended.code, 0, describeEnd(ended));
    return ended.out;
  };

  it('A14: an invitation makes a member, once', async () => {
    await network.join('grace');
    const again = await network.member('grace', 'snapshots', '--json');
    assert.deepEqual(JSON.parse(done(again)), []);
  });

  it('A18, A21, B1: what was saved at two stores comes back byte for byte', async () => {
    const source = `${network.folder}/source`;
    fs.mkdirSync(source);
    const large = Buffer.alloc(3_000_001);
    for (let at = 0; at < large.length; at++) large[at] = (at * at) >>> 7;
    fs.writeFileSync(`${source}/large`, large);
    fs.writeFileSync(`${source}/letter`, 'dear reader\n');
    done(await network.member('grace', 'backup', source));
    const target = `${network.folder}/back`;
    done(await network.member('grace', 'restore', 'latest', '--target', target));
    const back = `${target}${source}`;
    assert.equal(fs.readFileSync(`${back}/letter`, 'utf8'), 'dear reader\n');
    assert.equal(Buffer.compare(fs.readFileSync(`${back}/large`), large), 0);
  });

  it('A21: with the strict store gone, everything comes from the reader, and the other way round', async () => {
    const source = `${network.folder}/source`;
    for (const [gone, back] of [
      [['store-osaka'], 'back-1'],
      [['store-frankfurt', 'reader-frankfurt'], 'back-2'],
    ] as const) {
      for (const name of gone) await network.stop(name);
      const target = `${network.folder}/${back}`;
      done(await network.member('grace', 'restore', 'latest', '--target', target));
      const wanted = fs.readFileSync(`${source}/large`);
      assert.equal(Buffer.compare(fs.readFileSync(`${target}${source}/large`), wanted), 0);
      for (const name of gone) await network.run(name);
    }
  });

  it('C2: what was sent on a disk is read from it, though neither store is there', async () => {
    const { stores } = JSON.parse(
      done(await network.member('grace', 'card', 'show', '--json')),
    ) as {
      stores: readonly { city: string; member: string }[];
    };
    const disk = `${network.folder}/disk`;
    const { member = '' } = stores.find(({ city }) => city === 'osaka') ?? {};
    const shelf = `${network.folder}/store-osaka/shelf`;
    const write = ['medium', 'write', '--shelf', shelf, '--member', member, disk];
    done(await network.member('operator-of-osaka', ...write));
    const gone = ['store-osaka', 'store-frankfurt', 'reader-frankfurt'];
    for (const name of gone) await network.stop(name);
    const target = `${network.folder}/back-disk`;
    const restore = ['restore', 'latest', '--medium', disk, '--target', target];
    done(await network.member('grace', ...restore));
    const source = `${network.folder}/source`;
    const wanted = fs.readFileSync(`${source}/large`);
    assert.equal(Buffer.compare(fs.readFileSync(`${target}${source}/large`), wanted), 0);
    for (const name of gone) await network.run(name);
  });

  it('B1, R34: the strict store listens nowhere, the reader and the readable store each where its file says', () => {
    assert.deepEqual(network.process('store-osaka').listening(), []);
    // The inward port, the reader's, and for each program one for its health, on loopback.
    assert.equal(network.process('store-frankfurt').listening().length, 2);
    assert.equal(network.process('reader-frankfurt').listening().length, 2);
  });

  it('programs end well when they are asked to', async () => {
    for (const name of network.names) assert.equal(await network.stop(name), 0, name);
  });
});
