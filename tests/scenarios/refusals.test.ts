// Goal: whatever is wrong, the user gets one clear sentence and the documented exit code, and what can still
// be saved or restored is.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { SeededRandom } from '@kura/testing';
import { describeEnd } from '../real/kura.ts';
import { assertOneSentence, CITIES, lastRecord, Scene } from '../real/scene.ts';
import { assertSameTree, describeTree, restored, writeFiles } from '../real/tree.ts';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
/** Root reads everything, so an unreadable file needs someone else. */
const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] as const;

describe('C12: one clear sentence and the right exit code', () => {
  let scene: Scene;

  before(async () => {
    scene = await Scene.founded();
    writeFiles(scene.source, { a: 'a', 'sub/b': 'b' });
    await scene.done('backup', scene.source);
  });
  after(() => scene.close());

  it('12: a wrong passphrase', async () => {
    const options = { passphrase: 'not the one' };
    for (const argv of [
      ['backup', scene.source],
      ['snapshots'],
      ['restore', 'latest', '--target', 'x'],
    ]) {
      assertOneSentence(await scene.ends(12, argv, options), /passphrase/);
    }
  });

  it('10: no network in KURA_HOME, with the remedy', async () => {
    const options = { environment: { KURA_HOME: scene.path('nowhere') } };
    const ended = await scene.ends(10, ['backup', scene.source], options);
    assertOneSentence(ended, /no Kura network/);
    assert.match(ended.err, /kura init/);
  });

  it('errors in JSON are one line with code, message, guidance and exit code', async () => {
    const ended = await scene.ends(12, ['snapshots', '--json'], { passphrase: 'wrong' });
    assert.equal(ended.out, '');
    const { error } = JSON.parse(ended.err) as { error: Record<string, unknown> };
    assert.deepEqual(Object.keys(error), ['code', 'message', 'guidance', 'exit_code']);
    assert.deepEqual([error['code'], error['exit_code']], ['wrong_passphrase', 12]);
  });

  it('1: none of the paths exists: one sentence, and nothing is saved', async () => {
    for (const more of [[], [scene.path('nor', 'this')], [`${scene.source}/a/below`]]) {
      const ended = await scene.ends(1, ['backup', scene.path('nothing'), ...more]);
      assertOneSentence(ended, /nothing .*nothing was saved|nothing does not exist/);
    }
    const { out } = await scene.done('snapshots', '--json');
    assert.equal((JSON.parse(out) as unknown[]).length, 1);
  });

  it('3: one of the paths does not exist: it is named, and the rest is saved, as restic does', async () => {
    const argv = ['backup', scene.path('nothing'), scene.source, '--json'];
    const ended = await scene.ends(3, argv);
    const told = ended.err.split('\n').filter((line) => line.includes('it does not exist'));
    assert.equal(told.length, 1, describeEnd(ended));
    assert.match(told[0] ?? '', /nothing"}$/);
    const { snapshot_id: id, files_unreadable: unreadable } = lastRecord(ended);
    assert.equal(unreadable, 1);
    const { out } = await scene.done('dump', String(id), `${scene.source}/sub/b`);
    assert.equal(out, 'b');
    await scene.done('forget', String(id));
  });

  it('1: a snapshot, or a path in it, that is not there', async () => {
    assertOneSentence(
      await scene.ends(1, ['restore', 'abcdef12', '--target', scene.path('x')]),
      /abcdef12/,
    );
    const argv = ['restore', 'latest:/not/there', '--target', scene.path('x')];
    assertOneSentence(await scene.ends(1, argv), /not\/there/);
  });

  it('2: command lines that make no sense', async () => {
    for (const argv of [['backup'], ['frobnicate'], ['backup', '--kind', 'half', scene.source]]) {
      const ended = await scene.ends(2, argv);
      assert.equal(ended.out, '');
      assert.doesNotMatch(ended.err, /\n\s+at /);
    }
  });

  it('2: init refuses a place that it does not know, and a name that is several places', async () => {
    const options = { environment: { KURA_HOME: scene.path('home2') } };
    for (const city of ['atlantis', 'san jose']) {
      const argv = ['init', '--store', `${scene.path('s')}=${city}`, '--copies', '1'];
      assertOneSentence(await scene.ends(2, argv, options), new RegExp(city, 'i'));
      assert.equal(existsSync(scene.path('s')), false, 'nothing is founded');
    }
  });

  it('A6: copies that one disaster can take together are said when the network is founded', async () => {
    const found = async (...cities: string[]): Promise<string> => {
      const home = scene.path(cities.join('-'));
      const stores = cities.flatMap((city, nr) => ['--store', `${home}-${nr}=${city}`]);
      const options = { environment: { KURA_HOME: home } };
      return (await scene.ends(0, ['init', ...stores, '--home', 'tokyo'], options)).err;
    };
    assert.match(
      await found('osaka', 'osaka'),
      /copies of everything will lie 0 km apart: one dis/,
    );
    assert.doesNotMatch(await found('osaka', 'frankfurt'), /apart/);
  });

  it('init over an existing network refuses and changes nothing', async () => {
    const argv = ['init', '--store', `${scene.path('new')}=osaka`, '--copies', '1'];
    assertOneSentence(await scene.ends(1, argv), /already/);
    assert.equal(existsSync(scene.path('new')), false);
    await scene.done('snapshots');
  });
});

describe('C12: stores that fail', () => {
  let scene: Scene;

  before(async () => {
    scene = await Scene.founded();
    writeFiles(scene.source, { a: 'a' });
  });
  after(() => scene.close());

  it('A2: a store folder that is missing is named, and the backup goes on with two copies', async () => {
    renameSync(scene.store('frankfurt'), scene.path('aside'));
    const ended = await scene.ends(0, ['backup', scene.source]);
    assert.match(ended.err, /store-frankfurt/);
    const { out } = await scene.done('copies', 'latest');
    assert.match(out, /Osaka.*Ishikari|Ishikari.*Osaka/s);
    renameSync(scene.path('aside'), scene.store('frankfurt'));
  });

  it('22: a store is away that holds what is used again: nothing is sent twice, and it is said', async () => {
    writeFiles(scene.source, { b: 'b' });
    await scene.done('backup', scene.source);
    renameSync(scene.store('frankfurt'), scene.path('aside'));
    const ended = await scene.ends(22, ['backup', scene.source, '--json']);
    const said = ended.err.split('\n').filter((line) => line.includes('fewer than 2 copies'));
    assert.equal(said.length, 1, describeEnd(ended));
    assert.match(said[0] ?? '', /kura check --repair/);
    const summary = lastRecord(ended);
    assert.deepEqual([summary['copies_min'], summary['data_added']], [1, 0]);
    assert.match(String(summary['snapshot_id']), /^[0-9a-f]{64}$/);
  });

  it('C2: after a week away its copies no longer count: what lies there is stored anew', async () => {
    const database = new DatabaseSync(`${scene.home}/network.db`);
    const weekMs = 7 * 24 * 60 * 60 * 1000;
    database.exec(`update stores set away_since_ms = away_since_ms - ${weekMs}`);
    database.close();
    const anew = lastRecord(await scene.done('backup', scene.source, '--json'));
    // `a` was saved while frankfurt was away: it lies elsewhere.
    assert.deepEqual([anew['copies_min'], anew['data_added']], [2, 1]);
    renameSync(scene.path('aside'), scene.store('frankfurt'));
    const found = lastRecord(await scene.done('backup', scene.source, '--json'));
    assert.deepEqual([found['copies_min'], found['data_added']], [2, 0]);
  });

  it('21: too few stores: no snapshot, and one sentence', async () => {
    const before = await scene.done('snapshots', '--json');
    const snapshots = (JSON.parse(before.out) as unknown[]).length;
    for (const city of ['frankfurt', 'osaka']) renameSync(scene.store(city), scene.path(city));
    writeFiles(scene.source, { later: 'more' });
    const ended = await scene.ends(21, ['backup', scene.source]);
    assertOneSentence(ended, /store|cop/);
    for (const city of ['frankfurt', 'osaka']) renameSync(scene.path(city), scene.store(city));
    const { out } = await scene.done('snapshots', '--json');
    assert.equal((JSON.parse(out) as unknown[]).length, snapshots, 'only those from before');
    await scene.done('backup', scene.source);
  });

  it('14: stores on a full disk; with room again the next backup is right', async () => {
    if (!isRoot) return assert.ok(true, 'only root may mount');
    const small = Scene.empty();
    const mounted: string[] = [];
    try {
      for (const city of CITIES) {
        mkdirSync(small.store(city));
        const argv = ['-t', 'tmpfs', '-o', 'size=28m', 'kura-test', small.store(city)];
        if (spawnSync('mount', argv).status !== 0) return assert.ok(true, 'no mounts here');
        mounted.push(small.store(city));
      }
      await small.found();
      writeFiles(small.source, { small: 'fits' });
      await small.done('backup', small.source);
      const first = describeTree(small.source);
      writeFiles(small.source, { large: new SeededRandom(5).bytes(32_000_000) });
      const ended = await small.ends(14, ['backup', small.source]);
      assertOneSentence(ended, /no space.*(frankfurt|ishikari|osaka)/);
      assert.match(ended.err, /Make room in/);
      await small.done('restore', 'latest', '--target', small.path('out'));
      assertSameTree(restored(small.path('out'), small.source), first);
      for (const folder of mounted) {
        execFileSync('mount', ['-o', 'remount,size=300m', folder]);
      }
      await small.done('backup', small.source);
      await small.done('check', '--read-data');
    } finally {
      for (const folder of mounted) spawnSync('umount', [folder]);
      small.close();
    }
  });

  it('14: a target on a full disk keeps what was there', async () => {
    if (!isRoot) return assert.ok(true, 'only root may mount');
    writeFiles(scene.source, { large: new SeededRandom(6).bytes(3_000_000) });
    await scene.done('backup', scene.source);
    const target = scene.path('small');
    mkdirSync(target);
    const argv = ['-t', 'tmpfs', '-o', 'size=1m', 'kura-test', target];
    if (spawnSync('mount', argv).status !== 0) return assert.ok(true, 'no mounts here');
    try {
      writeFileSync(`${target}/mine`, 'was here');
      const expected = describeTree(target);
      const ended = await scene.ends(14, ['restore', 'latest', '--target', target]);
      assertOneSentence(ended, /needs .* and there are .* free/);
      assertSameTree(target, expected);
    } finally {
      spawnSync('umount', [target]);
    }
  });
});

describe('C2: files that cannot be read, or will not stand still', () => {
  it('3: an unreadable file and folder are named, the rest is saved', async () => {
    const scene = Scene.empty();
    const through = isRoot ? { through: asNobody } : {};
    try {
      chmodSync(scene.folder, 0o777);
      const stores = CITIES.flatMap((city) => ['--store', `${scene.store(city)}=${city}`]);
      await scene.ends(0, ['init', ...stores, '--home', 'tokyo'], through);
      writeFiles(scene.source, { open: 'open', secret: 'secret', 'closed/in': 'x' });
      chmodSync(`${scene.source}/secret`, 0o000);
      chmodSync(`${scene.source}/closed`, 0o000);
      const ended = await scene.ends(3, ['backup', scene.source, '--json'], through);
      for (const name of ['secret', 'closed']) {
        const told = ended.err.split('\n').filter((line) => line.includes(`source/${name}"}`));
        assert.equal(told.length, 1, `${name} is named once: ${describeEnd(ended)}`);
      }
      assert.equal(lastRecord(ended)['files_unreadable'], 2);
      const { out } = await scene.ends(0, ['dump', 'latest', `${scene.source}/open`], through);
      assert.equal(out, 'open');
      chmodSync(`${scene.source}/closed`, 0o755);
    } finally {
      scene.close();
    }
  });

  it('C2: a file that changes while it is read is saved or named, never half and silent', async () => {
    const scene = await Scene.founded();
    const path = `${scene.source}/log`;
    const loop = `while :; do echo line >> "$0"; done`;
    writeFileSync(path, new SeededRandom(7).bytes(4_000_000));
    const writer = spawn('sh', ['-c', loop, path]);
    try {
      const ended = await scene.run(['backup', scene.source, '--json']);
      assert.ok(ended.code === 0 || ended.code === 3, describeEnd(ended));
      if (ended.code === 3) assert.match(ended.err, /log/);
      const { bytes } = await scene.done('dump', 'latest', path);
      assert.ok(bytes.length >= 4_000_000, 'what was there from the start is there');
    } finally {
      writer.kill('SIGKILL');
      rmSync(scene.path('out'), { recursive: true, force: true });
      scene.close();
    }
  });
});
