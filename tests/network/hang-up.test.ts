// Goal: the early mode of closing (A19): a member hangs up when a gateway has everything; the network makes the copies,
// makes the snapshot and tells how it went; and nothing is called safe before, whatever dies in between.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { describeEnd, type Ended } from '../real/kura.ts';
import { recordsOf } from './records.ts';
import { type RunningNetwork, startNetwork } from './start.ts';

/** What a record has as a list of records. */
const recordsIn = (field: unknown): ReturnType<typeof recordsOf> =>
  Array.isArray(field) ? (field as ReturnType<typeof recordsOf>) : [];

const CITIES = ['osaka', 'frankfurt'] as const;

describe('hanging up early', () => {
  let network: RunningNetwork;
  let source = '';

  const at = (name: string): string => `${network.folder}/${name}`;
  const done = (ended: Ended): string => {
    assert.equal(ended.code, 0, describeEnd(ended));
    return ended.out;
  };
  const grace = async (...argv: string[]): Promise<string> =>
    done(await network.member('grace', ...argv));
  const list = async (...argv: string[]) => recordsOf(await grace(...argv, '--json'));
  const spooled = (): readonly string[] => fs.readdirSync(at('coordinator/state/spool'));
  /** A backup that says that it is taken over. */
  const handOver = async (): Promise<void> => {
    const summary = (await list('backup', source, '--hang-up', 'early')).at(-1);
    assert.equal(summary?.taken_over, true, JSON.stringify(summary));
  };
  /** Until the network has told how the next one ended. */
  const told = (outcome: string): Promise<unknown> =>
    network.process('coordinator').logged(({ event }) => event === `early backup ${outcome}`);
  const comesBack = async (target: string): Promise<void> => {
    await grace('restore', 'latest', '--target', at(target));
    const back = fs.readFileSync(`${at(target)}${source}/letter`, 'utf8');
    assert.equal(back, fs.readFileSync(`${source}/letter`, 'utf8'));
  };

  before(async () => {
    network = await startNetwork({
      stores: CITIES.map((city) => ({ city, kind: 'strict' as const })),
    });
    await network.join('grace');
    source = at('source');
    fs.mkdirSync(source);
    fs.writeFileSync(`${source}/large`, Buffer.alloc(3_000_000, 'kura'));
    fs.writeFileSync(`${source}/letter`, 'dear reader\n');
  });
  after(() => network?.close());

  it('A19: the network makes the copies and the snapshot, and the journal says so', async () => {
    await handOver();
    await told('stored');
    assert.equal((await list('snapshots')).length, 1);
    await comesBack('back');
    const [restored, saved] = await list('journal');
    assert.deepEqual([restored?.kind, restored?.outcome], ['restore', 'done']);
    assert.deepEqual([saved?.kind, saved?.outcome], ['backup', 'done']);
    assert.notEqual(saved?.subject, null, 'its member can read what it was about');
    assert.deepEqual(spooled(), []);
  });

  it('A19: a check looks for itself, straight at the stores, and is done when it has seen all', async () => {
    const lookOf = async (...argv: string[]) => (await list(...argv)).at(-1)?.handed_over;
    const [look] = recordsIn(await lookOf('check'));
    const { state, packs, packs_seen: seen, copies_read: copies, faults } = look ?? {};
    assert.deepEqual({ state, seen, faults }, { state: 'done', seen: packs, faults: [] });
    assert.equal(copies, Number(packs) * CITIES.length);
    assert.equal(await lookOf('check'), undefined, 'it is looked at once');
  });

  it('A19: nothing is a snapshot before it has its copies, and a gateway that dies goes on', async () => {
    for (const city of CITIES) await network.kill(`store-${city}`);
    fs.writeFileSync(`${source}/letter`, 'dear reader, while the stores are away\n');
    await handOver();
    assert.ok(spooled().length > 0, 'the gateway has it');
    assert.equal((await list('snapshots')).length, 1, 'and it is no snapshot yet');
    await network.kill('coordinator');
    for (const city of CITIES) await network.run(`store-${city}`);
    await network.run('coordinator');
    await told('stored');
    assert.equal((await list('snapshots')).length, 2);
    await comesBack('back-again');
    assert.deepEqual(spooled(), []);
    const next = (await list('backup', source)).at(-1);
    const [look] = recordsIn(next?.handed_over);
    assert.equal(look?.state, 'done', 'the next backup has seen it at the stores');
  });

  it('A19: an embedded network has nobody to hand over to, and says so', async () => {
    const stores = ['one=Osaka', 'two=Frankfurt'].flatMap((text) => ['--store', at(text)]);
    done(await network.member('alone', 'init', '--home', 'Tokyo', ...stores));
    const refused = await network.member('alone', 'backup', source, '--hang-up', 'early');
    assert.equal(refused.code, 2, describeEnd(refused));
    assert.match(refused.err, /only a network of others takes a backup over/);
  });
});
