// Goal: a coordinator that is lost with its database comes back from an operator's kit and the tiles of its log:
// members and stores go on as if nothing had been, the log is continued and not begun anew, and a log that is too
// short is not.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { describeEnd, type Ended, runKura } from '../real/kura.ts';
import { Journey } from './journey.ts';
import type { ServedProcess } from './process.ts';
import { recordsOf } from './records.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

const KIT_PASSPHRASE = 'a storehouse has thick walls';

describe('a coordinator that was lost with its database', () => {
  let network: RunningNetwork;
  let grace: Journey;

  before(async () => {
    network = await startNetwork({
      witnesses: 1,
      stores: [
        { city: 'osaka', kind: 'card-readable' },
        { city: 'frankfurt', kind: 'strict' },
      ],
    });
    grace = await Journey.begin(network, 'grace');
    await grace.save();
    await grace.save();
  });
  after(() => network?.close());

  const at = (name: string): string => `${network.folder}/${name}`;
  const operator = (argv: readonly string[], passphrase = KIT_PASSPHRASE): Promise<Ended> => {
    const environment = { KURA_KIT_PASSPHRASE: passphrase };
    return runKura(['operator', ...argv], { home: at('operator'), environment });
  };
  const succeeds = async (...argv: string[]): Promise<Ended> => {
    const ended = await operator(argv);
    assert.equal(ended.code, 0, describeEnd(ended));
    return ended;
  };
  const config = (): readonly string[] => ['--config', at('coordinator.toml')];
  const makeKit = (name: string) => succeeds('kit', ...config(), '--output', at(name));
  const rebuild = (kit: string, tiles: string, passphrase?: string) =>
    operator(
      ['rebuild', ...config(), '--kit', at(kit), '--tiles', at(tiles), '--json'],
      passphrase,
    );
  const lose = async (): Promise<void> => {
    await network.kill('coordinator');
    fs.rmSync(at('coordinator'), { recursive: true });
    fs.mkdirSync(at('coordinator/state'), { recursive: true, mode: 0o700 });
  };
  /** Both stores have shown who they are. */
  const met = async (coordinator: ServedProcess): Promise<void> => {
    const stores = recordsOf((await succeeds('stores', 'list', '--json')).out);
    assert.equal(stores.length, 2);
    for (const { store_id: store } of stores) {
      await coordinator.logged((line) => line.event === 'store connected' && line.store === store);
    }
  };
  const heads = async () => recordsOf((await operator(['witnesses', 'list', '--json'])).out)[0];
  /** A witness that is slow to answer is not waited for by a commit: it follows in the background. */
  const witnessedHeads: typeof heads = async () => {
    for (;;) {
      const found = await heads();
      if (found !== undefined && found.witnessed_leaves === found.leaves) return found;
    }
  };

  it('a kit is sealed: nobody reads it but who knows its passphrase, and no file is written over', async () => {
    await makeKit('first.kit');
    assert.equal(fs.statSync(at('first.kit')).mode & 0o777, 0o600);
    const text = fs.readFileSync(at('first.kit'), 'latin1');
    assert.ok(!text.includes('PRIVATE KEY') && !text.includes('osaka'));
    const again = await operator(['kit', ...config(), '--output', at('first.kit')]);
    assert.equal(again.code, 1, describeEnd(again));
    assert.equal(fs.readFileSync(at('first.kit'), 'latin1'), text);
  });

  it('D14: it comes back: members save and restore, stores are met, the log goes on', async () => {
    await succeeds('tiles', at('old-tiles'));
    await grace.save();
    await makeKit('newest.kit');
    await succeeds('tiles', at('tiles'));
    const before = await heads();
    await lose();

    const wrong = await rebuild('newest.kit', 'tiles', 'another passphrase');
    assert.equal(wrong.code, 12, describeEnd(wrong));
    const short = await rebuild('newest.kit', 'old-tiles');
    assert.equal(short.code, 13, describeEnd(short));
    assert.match(short.err, /has seen \d+ leaves, the tiles have \d+/);

    const rebuilt = await rebuild('newest.kit', 'tiles');
    assert.equal(rebuilt.code, 0, describeEnd(rebuilt));
    const [told] = recordsOf(rebuilt.out);
    assert.deepEqual([told?.members, told?.stores, told?.snapshots], [1, 2, 3]);
    const coordinator = await network.run('coordinator');
    await met(coordinator);
    await grace.getBack();
    await grace.save();
    await grace.getBack();
    await grace.check();
    const after = await witnessedHeads();
    assert.ok(Number(after?.leaves) > Number(before?.leaves), 'the log has grown');
    const receipts = await network.member('grace', 'receipts', 'list', '--json');
    assert.ok(
      recordsOf(receipts.out).every(({ valid }) => valid === true),
      receipts.out,
    );
  });

  it('nothing is written over: neither tables that are there, nor the secrets of another network', async () => {
    const founded = await rebuild('newest.kit', 'tiles');
    assert.equal(founded.code, 1, describeEnd(founded));
    assert.match(founded.err, /there is a network in these tables already/);
  });

  it('a kit with one other byte is refused, and nothing is left of it', async () => {
    await network.stop('coordinator');
    fs.renameSync(at('coordinator'), at('kept'));
    fs.mkdirSync(at('coordinator/state'), { recursive: true, mode: 0o700 });
    const bytes = fs.readFileSync(at('newest.kit'));
    bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1;
    fs.writeFileSync(at('damaged.kit'), bytes);
    const damaged = await rebuild('damaged.kit', 'tiles');
    assert.notEqual(damaged.code, 0);
    assert.match(damaged.err, /the kit is damaged/);
    const rebuilt = await rebuild('newest.kit', 'tiles');
    assert.notEqual(rebuilt.code, 0, 'its witness has seen more since');
  });
});
