// Goal: who began alone with folders brings them into a network of programs without sending anything again
// (docs/design/adoption.md): what was saved before comes back through the network and with the card alone, the next
// backup sends only what is new, and whoever is killed in between has lost nothing (A17, A21, D4).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { describeEnd, type Ended, runKura } from '../real/kura.ts';
import { recordsOf } from './records.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

const CITIES = ['osaka', 'frankfurt'] as const;
const HOME = 'ann';

describe('an embedded network becomes part of one of programs', () => {
  let network: RunningNetwork;
  let source = '';
  let untouched = '';
  let large = Buffer.alloc(0);

  const at = (name: string): string => `${network.folder}/${name}`;
  const done = (ended: Ended): string => {
    assert.equal(ended.code, 0, describeEnd(ended));
    return ended.out;
  };
  const ann = async (...argv: string[]): Promise<string> =>
    done(await network.member(HOME, ...argv));
  /** `kura adopt`, whose one record says what it did. */
  const adopt = async (...argv: string[]): Promise<Readonly<Record<string, unknown>>> => {
    const [record = {}] = recordsOf(await ann('adopt', ...argv, '--json'));
    return record;
  };
  const shelfOf = (city: string): string => at(`store-${city}/shelf`);
  /** Names of all copies on a shelf. */
  const copiesOf = (city: string): readonly string[] =>
    fs
      .readdirSync(`${shelfOf(city)}/copies`)
      .flatMap((part) => fs.readdirSync(`${shelfOf(city)}/copies/${part}`));
  const copies = (): string => JSON.stringify(CITIES.map((city) => [...copiesOf(city)].sort()));
  const isSame = (target: string): void => {
    const back = `${target}${source}`;
    assert.equal(Buffer.compare(fs.readFileSync(`${back}/large`), large), 0);
    assert.equal(fs.readFileSync(`${back}/letter`, 'utf8'), 'dear reader\n');
  };

  before(async () => {
    network = await startNetwork({ stores: [] });
    source = at('source');
    fs.mkdirSync(source);
    large = Buffer.alloc(5_000_001);
    for (let byte = 0; byte < large.length; byte++) large[byte] = (byte * byte) >>> 7;
    fs.writeFileSync(`${source}/large`, large);
    fs.writeFileSync(`${source}/letter`, 'dear reader\n');
    fs.writeFileSync(at('login'), 'another passphrase, to log in\n');
    const stores = CITIES.flatMap((city) => ['--store', `${shelfOf(city)}=${city}`]);
    for (const city of CITIES) fs.mkdirSync(at(`store-${city}`));
    await ann('init', '--home', 'Tokyo', ...stores);
    await ann('backup', source);
    fs.writeFileSync(`${source}/second`, 'a second thought\n');
    await ann('backup', source);
    untouched = copies();
  });
  after(() => network?.close());

  it('a folder that nobody has handed over is refused', async () => {
    await assert.rejects(
      network.addStore({ city: 'osaka', kind: 'card-readable' }),
      /is another's[\s\S]*kura adopt/,
    );
  });

  it('joins with the keys that there are, hands the folders over, and stays what it was', async () => {
    const invitation = await network.invite();
    const login = ['--login-passphrase-file', at('login')];
    const first = await adopt(invitation, '--account', HOME, ...login);
    assert.equal(first.message_type, 'handed_over');
    assert.equal((first.waiting_stores as unknown[]).length, 2);
    await ann('check', '--read-data');
    assert.equal(copies(), untouched);
  });

  it('is still waiting while one of the folders is not enrolled', async () => {
    await network.addStore({ city: 'osaka', kind: 'card-readable' });
    const second = await adopt();
    assert.equal(second.message_type, 'handed_over');
    const [waiting] = second.waiting_stores as { readonly folder: string }[];
    assert.equal(waiting?.folder, shelfOf('frankfurt'));
  });

  it('loses nothing when it is killed in the middle, and goes on', async () => {
    await network.addStore({ city: 'frankfurt', kind: 'card-readable' });
    const coordinator = network.process('coordinator');
    const running = network.memberStarts(HOME, ['adopt']);
    await coordinator.logged(({ endpoint }) => endpoint === 'adoptPacks');
    running.child.kill('SIGKILL');
    await running.ended;
    assert.equal(recordsOf(await ann('snapshots', '--json')).length, 2);
  });

  it('takes over what the stores have signed for: nothing is sent', async () => {
    const last = await adopt();
    assert.equal(last.message_type, 'adopted');
    assert.deepEqual([last.stores, last.backup_running], [2, false]);
    assert.ok(Number(last.packs) > 0 && last.copies === 2 * Number(last.packs));
    assert.equal(last.sampled, last.copies, 'of so few, all are read');
    assert.equal(copies(), untouched);
    assert.ok(fs.existsSync(at(`${HOME}/network.json`)));
  });

  it('A18: what was saved before comes back through the network', async () => {
    assert.equal(recordsOf(await ann('snapshots', '--json')).length, 2);
    await ann('restore', 'latest', '--target', at('back'));
    isSame(at('back'));
    await ann('check', '--read-data');
    const receipts = recordsOf(await ann('receipts', '--json'));
    // Keys that changed and copies that moved have receipts as well.
    assert.ok(receipts.every(({ valid }) => valid));
    assert.equal(receipts.filter(({ event }) => event === 'accepted').length, 2);
  });

  it('the next backup sends only what is new, to the same shelves', async () => {
    fs.writeFileSync(`${source}/new`, 'what is new\n');
    const summary = recordsOf(await ann('backup', source, '--json')).at(-1);
    assert.equal(summary?.files_new, 1);
    assert.ok(Number(summary?.data_added) < 100_000, JSON.stringify(summary));
    for (const city of CITIES) {
      const known = new Set(JSON.parse(untouched)[CITIES.indexOf(city)] as string[]);
      const now = copiesOf(city);
      assert.ok([...known].every((name) => now.includes(name)));
      assert.ok(now.length > known.size);
    }
  });

  it('A17, A21: the card alone brings it all back, coordinator and gateway gone', async () => {
    await ann('card', 'copy', at('stick'));
    await network.kill('coordinator');
    const argv = ['restore', 'latest', '--card', at('stick'), '--target', at('with-card')];
    done(await runKura(argv, { home: at('elsewhere') }));
    isSame(at('with-card'));
    assert.equal(fs.readFileSync(`${at('with-card')}${source}/new`, 'utf8'), 'what is new\n');
  });
});
