// Goal: what scripts rely on when they save: kinds of backup and their marks, what is chosen and left out,
// the last line of `--json`, and a killed backup that goes on where it was.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, rmSync, utimesSync, watch } from 'node:fs';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { SeededRandom } from '@kura/testing';
import { startKura } from '../real/kura.ts';
import { lastRecord, records, Scene } from '../real/scene.ts';
import { assertSameTree, describeTree, restored, writeFiles } from '../real/tree.ts';

const SUMMARY_FIELDS = [
  'message_type',
  'snapshot_id',
  'files_new',
  'files_changed',
  'files_unmodified',
  'dirs_new',
  'data_added',
  'data_added_packed',
  'total_files_processed',
  'total_bytes_processed',
  'total_duration',
  'copies_min',
] as const;

type Summary = Readonly<Record<string, number | string>>;

async function backup(scene: Scene, ...argv: string[]): Promise<Summary> {
  return lastRecord(await scene.done('backup', '--json', ...argv)) as Summary;
}

async function pathsIn(scene: Scene, id: string): Promise<string[]> {
  const { out } = await scene.done('ls', id, '--recursive');
  return out
    .split('\n')
    .filter((line) => line.startsWith(`${scene.source}/`))
    .map((line) => line.slice(scene.source.length + 1));
}

describe('C5: kinds of backup and their marks', () => {
  let scene: Scene;
  const kindOf = async (kind: string): Promise<Summary> =>
    await backup(scene, scene.source, '--kind', kind);

  before(async () => {
    scene = await Scene.founded();
    writeFiles(scene.source, { a: 'a', b: 'b', c: 'c' });
  });
  after(() => scene.close());

  it('C5: full clears the marks, copy and differential leave them, incremental clears its own', async () => {
    const counts = (one: Summary) => [
      one['files_new'],
      one['files_changed'],
      one['files_unmodified'],
    ];
    const full = await kindOf('full');
    assert.deepEqual(counts(full), [3, 0, 0]);
    writeFiles(scene.source, { a: 'changed' });
    const first = await kindOf('differential');
    assert.deepEqual(counts(first), [0, 1, 2], 'changed since the full');
    rmSync(`${scene.home}/agent`, { recursive: true });
    writeFiles(scene.source, { b: 'changed' });
    const second = await kindOf('differential');
    assert.deepEqual(counts(second), [0, 2, 1], 'both, also with the cache lost');
    await kindOf('copy');
    const incremental = await kindOf('incremental');
    assert.deepEqual(counts(incremental), [0, 2, 1], 'a copy and differentials clear no mark');
    const again = await kindOf('incremental');
    assert.deepEqual(counts(again), [0, 0, 3], 'an incremental clears what it saved');
    const last = await kindOf('differential');
    assert.deepEqual(counts(last), [0, 2, 1], 'for a differential the last full counts');
  });

  it('C5: every kind restores as a whole tree', async () => {
    const expected = describeTree(scene.source);
    const { out } = await scene.done('snapshots', '--json');
    const snapshots = JSON.parse(out) as { id: string; kind: string }[];
    const kinds = snapshots.map(({ kind }) => kind);
    assert.deepEqual(kinds.toSorted(), [
      'copy',
      'differential',
      'differential',
      'differential',
      'full',
      'incremental',
      'incremental',
    ]);
    for (const kind of ['copy', 'incremental', 'differential']) {
      const one = snapshots.findLast((snapshot) => snapshot.kind === kind);
      const target = scene.path(`out-${kind}`);
      await scene.done('restore', one?.id ?? '', '--target', target);
      assertSameTree(restored(target, scene.source), expected);
    }
  });
});

describe('what is saved', () => {
  let scene: Scene;

  before(async () => {
    scene = await Scene.founded();
  });
  beforeEach(() => {
    writeFiles(scene.source, {
      'keep.txt': 'k',
      'skip.tmp': 's',
      'sub/deep.tmp': 'd',
      'sub/x': 'x',
    });
  });
  afterEach(() => {
    rmSync(scene.source, { recursive: true });
    mkdirSync(scene.source);
  });
  after(() => scene.close());

  it('C9: the last line with --json has the fields that scripts rely on', async () => {
    const summary = await backup(scene, scene.source, '--tag', 'one,two');
    for (const field of SUMMARY_FIELDS) assert.ok(field in summary, `${field} is missing`);
    assert.equal(summary['message_type'], 'summary');
    assert.equal(summary['copies_min'], 2);
    assert.equal(summary['total_files_processed'], 4);
    assert.match(String(summary['snapshot_id']), /^[0-9a-f]{64}$/);
    const { out } = await scene.done('snapshots', '--json', '--tag', 'two');
    const [snapshot] = JSON.parse(out) as Record<string, unknown>[];
    const fields = 'id short_id time hostname username paths tags kind parent tree summary';
    for (const field of fields.split(' ')) assert.ok(snapshot && field in snapshot, field);
    assert.deepEqual(snapshot?.['tags'], ['one', 'two']);
    assert.deepEqual(snapshot?.['paths'], [scene.source]);
  });

  it('A2: copies --json names store, city, place, cipher and state of each copy', async () => {
    await backup(scene, scene.source);
    const packs = records(await scene.done('copies', 'latest', '--json'));
    assert.ok(packs.length > 0);
    for (const { pack_id: packId, size, copies } of packs) {
      assert.match(String(packId), /^[0-9a-f]{64}$/);
      assert.ok(Number(size) > 0);
      const found = copies as Record<string, unknown>[];
      assert.equal(new Set(found.map(({ store }) => store)).size, 2);
      assert.equal(new Set(found.map(({ cipher }) => cipher)).size, 2, 'A3: each its own cipher');
      for (const copy of found) {
        for (const field of ['store', 'city', 'lat', 'lon', 'cipher', 'state']) {
          assert.ok(field in copy, `${field} is missing`);
        }
        assert.equal(copy['state'], 'held');
      }
    }
  });

  it('C10: --exclude and --exclude-caches leave out, --dry-run stores nothing', async () => {
    const tag = 'Signature: 8a477f597d28d172789f06886806bc55\n';
    writeFiles(scene.source, { 'cache/CACHEDIR.TAG': tag, 'cache/big': 'x' });
    const options = ['--exclude', '*.tmp', '--exclude-caches', '--exclude', '/nowhere'];
    const dry = await backup(scene, scene.source, ...options, '--dry-run');
    assert.equal(dry['total_files_processed'], 3, 'keep.txt, sub/x and the tag');
    const one = await backup(scene, scene.source, ...options);
    const paths = await pathsIn(scene, String(one['snapshot_id']));
    assert.deepEqual(paths.toSorted(), ['cache', 'cache/CACHEDIR.TAG', 'keep.txt', 'sub', 'sub/x']);
  });

  it('C10: --files-from0 takes names in any bytes, each ended by a NUL', async () => {
    const odd = `${scene.source}/new\nline`;
    writeFiles(scene.source, { 'new\nline': 'odd' });
    const input = `${odd}\0${scene.source}/sub\0`;
    const argv = ['backup', '--files-from0', '-', '--json'];
    const summary = lastRecord(await scene.ends(0, argv, { input }));
    assert.equal(summary['total_files_processed'], 3);
    const { bytes } = await scene.done('dump', String(summary['snapshot_id']), odd);
    assert.equal(bytes.toString(), 'odd');
  });

  it('C10: --stdin becomes one file, and dump writes it back byte by byte', async () => {
    const input = new SeededRandom(3).bytes(2_500_000);
    const argv = ['backup', '--stdin', '--stdin-filename', 'shop.sql', '--json'];
    const summary = lastRecord(await scene.ends(0, argv, { input }));
    const { bytes } = await scene.done('dump', String(summary['snapshot_id']), '/shop.sql');
    assert.ok(bytes.equals(input), 'not what came in');
  });

  it('C10: ls, find and diff show what is there and what has changed', async () => {
    const first = String((await backup(scene, scene.source))['snapshot_id']);
    writeFiles(scene.source, { 'keep.txt': 'changed', 'new.txt': 'n' });
    rmSync(`${scene.source}/sub/x`);
    await backup(scene, scene.source);
    const { out } = await scene.done('diff', first, 'latest');
    const changes = out.split('\n').filter((line) => /^[+\-MTU] /.test(line));
    const tidy = changes.map((line) => line.replace(/\s+.*\//, ' ')).toSorted();
    assert.deepEqual(tidy, ['+ new.txt', '- x', 'M keep.txt']);
    const found = await scene.done('find', 'new.*');
    assert.match(found.out, /new\.txt/);
    assert.doesNotMatch(found.out, /keep/);
    const listed = await scene.done('ls', 'latest', scene.source);
    assert.match(listed.out, /new\.txt/);
    assert.doesNotMatch(listed.out, /deep\.tmp/);
  });
});

describe('a backup that was killed', () => {
  it('C9: goes on where it was: nothing that is stored is sent again', async () => {
    const scene = await Scene.founded();
    try {
      const random = new SeededRandom(4);
      const files = 60;
      const each = 1_000_000;
      for (let index = 0; index < files; index++) {
        writeFiles(scene.source, { [`${index}.bin`]: random.bytes(each) });
        utimesSync(`${scene.source}/${index}.bin`, 1e9, 1e9);
      }
      await scene.done('backup', `${scene.source}/0.bin`);
      // Killed once something new is in the index, long before the end.
      const watcher = watch(`${scene.home}/agent/index`);
      const { child, ended } = startKura(['backup', scene.source], { home: scene.home });
      for (let news = 0; news < 5; news++) await once(watcher, 'change');
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      watcher.close();
      assert.equal((await ended).signal, 'SIGKILL');
      const summary = await backup(scene, scene.source);
      const added = Number(summary['data_added']);
      assert.ok(added < (files - 1) * each, `${added} bytes were sent again`);
      const target = scene.path('out');
      await scene.done('restore', 'latest', '--target', target);
      assertSameTree(restored(target, scene.source), describeTree(scene.source));
      const third = await backup(scene, scene.source);
      assert.equal(third['data_added'], 0);
    } finally {
      scene.close();
    }
  });
});

describe('a backup that is interrupted', () => {
  it('C9: also while its pipe is silent: 130, no snapshot, and what it stored is not sent again', async () => {
    const scene = await Scene.founded();
    const bytes = new SeededRandom(5).bytes(40_000_000);
    writeFiles(scene.source, { dump: bytes });
    await scene.done('backup', '--stdin', '--stdin-filename', 'before');
    const news = watch(`${scene.home}/agent/index`);
    const input = { input: bytes, isInputOpen: true } as const;
    const { child, ended } = startKura(['backup', '--stdin'], { home: scene.home, ...input });
    try {
      await once(news, 'change');
      process.kill(-(child.pid ?? 0), 'SIGINT');
      const { code, err } = await ended;
      assert.equal(code, 130, err);
      assert.match(err, /^kura: it was interrupted\n/);
      const [only, ...others] = records(await scene.done('snapshots', '--json')).flat();
      assert.deepEqual([(only as { paths: string[] }).paths, others], [['/before'], []]);
      const [latest] = records(await scene.done('journal', '--json'));
      assert.notEqual(latest?.['ended'], null, 'nothing of it is left running');
      const summary = await backup(scene, `${scene.source}/dump`);
      assert.ok(Number(summary['data_added']) < bytes.length, 'something was there already');
    } finally {
      news.close();
      scene.close();
    }
  });
});
