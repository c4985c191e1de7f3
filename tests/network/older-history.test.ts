// Goal: a coordinator that comes back with an old database, and stores that come back with old shelves, cannot pass an
// older history off as the newest: the member's device sees it, and so does a card alone (R15).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
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
    fs.mkdirSync(at('old'));
    const tables = new DatabaseSync(at('coordinator/network.db'));
    tables.exec(`vacuum into '${at('old/network.db')}'`);
    tables.close();
    for (const city of STORES) copy(`store-${city}/shelf/copies`, `old/${city}`);
    fs.writeFileSync(at('source/letter'), 'dear reader, once more\n');
    const saved = await grace(0, 'backup', at('source'), '--json');
    second = String(recordsOf(saved.out).at(-1)?.snapshot_id);
    await grace(0, 'card', 'copy', at('stick'));
  });
  after(() => network?.close());

  it('an honest one raises nothing, and a drill over the network is noted', async () => {
    await grace(0, 'drill', '--scratch', network.folder);
    const { out } = await grace(0, 'snapshots', 'latest', '--json');
    const [newest] = JSON.parse(out) as { proved: { files: number } | null }[];
    assert.equal(newest?.proved?.files, 1);
  });

  it('of a coordinator with an old database is named by the device, and nothing is restored', async () => {
    await network.stop('coordinator');
    for (const suffix of ['', '-wal', '-shm']) {
      fs.rmSync(at(`coordinator/network.db${suffix}`), { force: true });
    }
    copy('old/network.db', 'coordinator/network.db');
    await network.run('coordinator');
    const restored = await grace(23, 'restore', 'latest', '--target', at('back'));
    assert.match(restored.err, /history ends before what is known here: 1 snapshot/);
    assert.ok(!fs.existsSync(at('back')));
    assert.deepEqual(findingsOf(await grace(23, 'check', '--json')), ['older true']);
    const [evidence] = fs.globSync('incidents/history-*.json', { cwd: at('grace') });
    const { body } = JSON.parse(fs.readFileSync(at(`grace/${evidence}`), 'utf8'));
    assert.notEqual(body.findings[0].receipt, null, 'the card has the receipt');
    const told = recordsOf((await grace(0, 'inbox', 'list', '--json')).out);
    assert.ok(
      told.some(({ kind }) => kind === 'incident'),
      'every device hears of it',
    );
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
