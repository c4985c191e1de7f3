// Goal: a coordinator that comes back with an old database, and stores that come back with old shelves, cannot pass an
// older history off as the newest: the member's device sees it, and so does a card alone (R15).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { describeEnd, type Ended } from '../real/kura.ts';
import { recordsOf } from './records.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

const STORES = ['frankfurt', 'stockholm'] as const;

describe('R15: an older history', () => {
  let network: RunningNetwork;
  let second = '';

  const at = (name: string): string => `${network.folder}/${name}`;
  const ends = (code: number, ended: Ended): Ended => {
    assert.equal(ended.code, code, describeEnd(ended));
    return ended;
  };
  const grace = async (code: number, ...argv: string[]): Promise<Ended> =>
    ends(code, await network.member('grace', ...argv));
  /** On a machine that has nothing but the stick. */
  const elsewhere = async (code: number, ...argv: string[]): Promise<Ended> =>
    ends(code, await network.member('elsewhere', ...argv, '--card', at('stick')));
  const copy = (from: string, to: string): void => {
    fs.rmSync(at(to), { recursive: true, force: true });
    fs.cpSync(at(from), at(to), { recursive: true });
  };
  /** Resolves when both stores are back, too. */
  const startCoordinator = async (): Promise<void> => {
    const started = await network.run('coordinator');
    const met = new Set<unknown>();
    await started.logged(({ event, store }) => {
      if (event === 'store connected') met.add(store);
      return met.size === STORES.length;
    });
  };
  const findingsOf = (ended: Ended): string[] => {
    const { history } = recordsOf(ended.out).at(-1) as {
      history: { findings: readonly { readonly kind: string; readonly snapshot_id: string }[] };
    };
    return history.findings.map(({ kind, snapshot_id }) => `${kind} ${snapshot_id === second}`);
  };

  before(async () => {
    network = await startNetwork({
      stores: STORES.map((city) => ({ city, kind: 'card-readable' as const })),
    });
    await network.join('grace');
    fs.mkdirSync(at('source'));
    fs.writeFileSync(at('source/letter'), 'dear reader\n');
    await grace(0, 'backup', at('source'));
    await network.stop('coordinator');
    fs.mkdirSync(at('old'));
    for (const suffix of ['', '-wal', '-shm']) {
      const name = `coordinator/network.db${suffix}`;
      if (fs.existsSync(at(name))) copy(name, `old/network.db${suffix}`);
    }
    for (const city of STORES) copy(`store-${city}/shelf/copies`, `old/${city}`);
    await startCoordinator();
    fs.writeFileSync(at('source/letter'), 'dear reader, once more\n');
    const saved = await grace(0, 'backup', at('source'), '--json');
    second = String(recordsOf(saved.out).at(-1)?.snapshot_id);
    await grace(0, 'card', 'copy', at('stick'));
  });
  after(() => network?.close());

  it('of a coordinator with an old database is named by the device, and nothing is restored', async () => {
    await network.stop('coordinator');
    for (const suffix of ['', '-wal', '-shm']) {
      fs.rmSync(at(`coordinator/network.db${suffix}`), { force: true });
      const name = `old/network.db${suffix}`;
      if (fs.existsSync(at(name))) copy(name, `coordinator/network.db${suffix}`);
    }
    await startCoordinator();
    const restored = await grace(23, 'restore', 'latest', '--target', at('back'));
    assert.match(restored.err, /history ends before what is known here: 1 snapshot/);
    assert.ok(!fs.existsSync(at('back')));
    assert.deepEqual(findingsOf(await grace(23, 'check', '--json')), ['older true']);
    const [evidence] = fs.globSync('incidents/history-*.json', { cwd: at('grace') });
    const { body } = JSON.parse(fs.readFileSync(at(`grace/${evidence}`), 'utf8'));
    assert.notEqual(body.findings[0].receipt, null, 'the card has the receipt');
    await grace(0, 'restore', 'latest', '--target', at('back'), '--accept-older');
  });

  it('of stores with old shelves is named by a card alone', async () => {
    for (const city of STORES) {
      for (const name of [`reader-${city}`, `store-${city}`]) await network.stop(name);
    }
    await network.kill('coordinator');
    for (const city of STORES) {
      copy(`old/${city}`, `store-${city}/shelf/copies`);
      await network.run(`reader-${city}`);
    }
    const restored = await elsewhere(23, 'restore', 'latest', '--target', at('stick-back'));
    assert.match(restored.err, /history ends before what is known here: 1 snapshot/);
    const accepted = ['restore', 'latest', '--target', at('stick-back'), '--accept-older'];
    await elsewhere(0, ...accepted);
    const letter = fs.readFileSync(at(`stick-back${at('source')}/letter`), 'utf8');
    assert.equal(letter, 'dear reader\n');
  });
});
