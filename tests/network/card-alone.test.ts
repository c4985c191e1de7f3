// Goal: a card and its passphrase bring everything back on a machine that has nothing else, while coordinator and
// gateways are gone: from a card of today, and from one that is older than what was saved and moved since (A17, A21,
// D6).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { must } from '@kura/base';
import { describeEnd, type Ended } from '../real/kura.ts';
import { recordsOf } from './records.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

describe('a card alone', () => {
  let network: RunningNetwork;
  let source = '';
  let large = Buffer.alloc(0);

  const at = (name: string): string => `${network.folder}/${name}`;
  const done = (ended: Ended): string => {
    assert.equal(ended.code, 0, describeEnd(ended));
    return ended.out;
  };
  /** On a machine that has nothing but the stick. */
  const elsewhere = (...argv: string[]): Promise<Ended> => network.member('elsewhere', ...argv);
  const restored = (target: string, name: string): Buffer =>
    fs.readFileSync(`${at(target)}${source}/${name}`);

  /** Cities of all copies, as the card and the stores alone tell them. */
  const citiesByCard = async (card: string): Promise<readonly string[]> => {
    const packs = recordsOf(done(await elsewhere('copies', '--card', at(card), '--json')));
    return packs.flatMap(({ copies }) => (copies as { city: string }[]).map(({ city }) => city));
  };
  /** A16: while no device of the member does anything. A notice comes to a store like any copy. */
  const untilTold = async (): Promise<void> => {
    const stores = ['ishikari', 'stockholm'].map((city) => network.process(`store-${city}`));
    for (;;) {
      const earlier = new Set(stores.flatMap(({ log }) => log));
      if (!(await citiesByCard('newer-stick')).includes('frankfurt')) return;
      const taken = stores.map((store) =>
        store.logged((line) => line.endpoint === 'receiveCopy' && !earlier.has(line)),
      );
      await Promise.any(taken);
    }
  };

  before(async () => {
    network = await startNetwork({
      stores: [
        { city: 'frankfurt', kind: 'card-readable' },
        { city: 'ishikari', kind: 'card-readable' },
        { city: 'stockholm', kind: 'card-readable' },
      ],
      gateways: 1,
    });
    await network.join('grace');
    source = at('source');
    fs.mkdirSync(source);
    large = Buffer.alloc(3_000_001);
    for (let byte = 0; byte < large.length; byte++) large[byte] = (byte * byte) >>> 7;
    fs.writeFileSync(`${source}/large`, large);
    fs.writeFileSync(`${source}/letter`, 'dear reader\n');
    done(await network.member('grace', 'backup', source));
    done(await network.member('grace', 'card', 'copy', at('stick')));
    fs.writeFileSync(`${source}/letter`, 'dear reader, once more\n');
    done(await network.member('grace', 'backup', source));
    done(await network.member('grace', 'card', 'copy', at('newer-stick')));
    fs.writeFileSync(at('reader.passphrase'), 'for somebody who reads\n');
    const forReading = ['--read-only', '--new-passphrase-file', at('reader.passphrase')];
    done(await network.member('grace', 'card', 'copy', ...forReading, at('reading-stick')));
    // What lay in Frankfurt lies elsewhere from now on, and no card knows it but by what the network leaves at the
    // stores.
    const stores = recordsOf((await network.operator('stores', 'list', '--json')).out);
    const drained = stores.find(({ city }) => city === 'frankfurt');
    await network.operator('stores', 'drain', String(drained?.store_id), '--wait');
    await untilTold();
    for (const name of ['store-frankfurt', 'reader-frankfurt', 'coordinator', 'gateway-1']) {
      await network.kill(name);
    }
    fs.rmSync(at('store-frankfurt'), { recursive: true });
  });
  after(() => network?.close());

  it('A16: knows where its copies lie since they moved, from the stores alone', async () => {
    const cities = new Set(await citiesByCard('newer-stick'));
    assert.deepEqual([...cities].sort(), ['ishikari', 'stockholm']);
  });

  it('A21: restores everything with coordinator and gateways gone', async () => {
    const card = at('newer-stick');
    done(await elsewhere('restore', 'latest', '--card', card, '--target', at('back')));
    assert.equal(Buffer.compare(restored('back', 'large'), large), 0);
    assert.equal(restored('back', 'letter').toString(), 'dear reader, once more\n');
  });

  it('A17, A21: a card for reading only restores everything, and is good for nothing else', async () => {
    const card = ['--card', at('reading-stick'), '--passphrase-file', at('reader.passphrase')];
    done(await elsewhere('restore', 'latest', ...card, '--target', at('back-reading')));
    assert.equal(Buffer.compare(restored('back-reading', 'large'), large), 0);
    const passphrase = ['--passphrase-file', at('reader.passphrase')];
    const used = await network.member('grace', 'card', 'use', at('reading-stick'), ...passphrase);
    assert.match(used.err, /for reading only/);
    const login = ['--account', 'grace', '--login-passphrase-file', at('grace.login')];
    const known = [...login, '--known-card', at('reading-stick'), ...passphrase];
    assert.match((await elsewhere('join', ...known)).err, /for reading only/);
  });

  it('A21: a card that is older than the last backup finds it all the same', async () => {
    const card = at('stick');
    const listed = recordsOf(done(await elsewhere('snapshots', '--card', card, '--json')));
    assert.equal(listed.length, 2);
    done(await elsewhere('restore', 'latest', '--card', card, '--target', at('back-stale')));
    assert.equal(restored('back-stale', 'letter').toString(), 'dear reader, once more\n');
  });

  it('A17: lists, finds and writes out with it; receipts verify, and the journal is on it', async () => {
    const card = ['--card', at('newer-stick')];
    assert.match(done(await elsewhere('ls', 'latest', '--recursive', ...card)), /letter/);
    assert.match(done(await elsewhere('find', 'lett*', ...card)), /letter/);
    const dumped = await elsewhere('dump', 'latest', `${source}/letter`, ...card);
    assert.equal(done(dumped), 'dear reader, once more\n');
    const receipts = recordsOf(done(await elsewhere('receipts', ...card, '--json')));
    // Keys that changed and copies that moved have receipts as well.
    assert.ok(receipts.every(({ valid }) => valid));
    assert.equal(receipts.filter(({ event }) => event === 'accepted').length, 2);
    const journal = recordsOf(done(await elsewhere('journal', ...card, '--json')));
    assert.deepEqual(
      journal.map(({ kind, outcome }) => [kind, outcome]),
      [
        ['backup', 'done'],
        ['backup', 'done'],
      ],
    );
    assert.ok(
      journal.every(({ subject }) => subject !== null),
      'and what it was about',
    );
  });

  it('A21: one store that is left is enough, also for what moved there after the card was written', async () => {
    await network.stop('reader-ishikari');
    const card = ['--card', at('stick')];
    done(await elsewhere('restore', 'latest', ...card, '--target', at('back-one')));
    assert.equal(Buffer.compare(restored('back-one', 'large'), large), 0);
  });

  it('C2: a disk that was sent brings everything back, with a card and nobody to ask', async () => {
    const { stores } = recordsOf(
      done(await network.member('grace', 'card', 'show', '--json')),
    )[0] as {
      stores: readonly { city: string; member: string }[];
    };
    const member = must(
      stores.find(({ city }) => city === 'stockholm'),
      'a store of the card',
    ).member;
    const shelf = at('store-stockholm/shelf');
    const write = ['medium', 'write', '--shelf', shelf, '--member', member, at('disk'), '--json'];
    const [written] = recordsOf(done(await elsewhere(...write)));
    assert.ok(Number(written?.copies) > 0);
    const [again] = recordsOf(done(await elsewhere(...write)));
    assert.deepEqual([again?.kept, again?.digest], [written?.copies, written?.digest]);
    assert.match(done(await elsewhere('medium', 'check', at('disk'))), /the medium is whole/);
    await network.kill('store-stockholm');
    await network.kill('reader-stockholm');
    fs.rmSync(at('store-stockholm'), { recursive: true });
    const card = ['--card', at('newer-stick'), '--medium', at('disk')];
    // Nothing is learnt from before: another home.
    const back = ['restore', 'latest', ...card, '--target', at('back-disk')];
    done(await network.member('nowhere', ...back));
    assert.equal(Buffer.compare(restored('back-disk', 'large'), large), 0);
    assert.equal(restored('back-disk', 'letter').toString(), 'dear reader, once more\n');
  });

  it('A17: a stick that is not there is named', async () => {
    const ended = await elsewhere('snapshots', '--card', at('no-stick'));
    assert.match(ended.err, /there is no card in .*no-stick/);
  });
});
