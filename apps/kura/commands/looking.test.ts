import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { byteString } from '@kura/base';
import { run, type Scene } from '../cli/test-host.ts';
import type * as request from './requests.ts';
import {
  argumentOf,
  FIRST,
  HISTORY,
  JOURNAL_ENTRY,
  node,
  PACK,
  records,
  SECOND,
  SNAPSHOTS,
  STATS,
  STORE,
  stream,
} from './test-views.ts';
import type * as view from './views.ts';

describe('kura snapshots, ls, find, diff', () => {
  const scene: Scene = {
    answers: {
      snapshots: SNAPSHOTS,
      history: HISTORY,
      entry: (path: unknown) => node(String(path ?? '/'), { type: 'folder' }),
      list: () =>
        stream(
          node('/home', { type: 'folder', mode: 0o755 }),
          node('/home/Report.odt', { mode: 0o4755 }),
          node('/home/link', { type: 'symlink', target: byteString('a\x1bb'), mode: 0o777 }),
          node('/home/\xff'.replace('/home/\xff', '/home/ü')),
        ),
      diff: () =>
        stream<view.ChangeView>(
          { path: byteString('/n'), kind: 'added', type: 'file', bytesAdded: 9, bytesRemoved: 0 },
          {
            path: byteString('/d'),
            kind: 'removed',
            type: 'folder',
            bytesAdded: 0,
            bytesRemoved: 0,
          },
          { path: byteString('/m'), kind: 'content', type: 'file', bytesAdded: 1, bytesRemoved: 2 },
        ),
    },
  };

  it('lists snapshots for a person and as one array', async () => {
    const human = await run(['snapshots'], scene);
    assert.match(human.out, /aaaa1111 {2}2026-11-01 00:00:00 {2}laptop {2}full/);
    assert.match(human.out, /2 snapshots\n$/);
    const [all] = records(await run(['snapshots', '--json', '--tag', 'photos'], scene));
    assert.equal(all.length, 1);
    assert.deepEqual(Object.keys(all[0]), [
      ...['id', 'short_id', 'time', 'hostname', 'username', 'paths', 'tags', 'kind', 'parent'],
      ...['tree', 'proved', 'summary'],
    ]);
    assert.equal(all[0].parent, FIRST.id);
    assert.equal(all[0].time, '2026-11-02T00:00:00.000Z');
    const [latest] = records(await run(['snapshots', '--json', '--latest', '1'], scene));
    assert.deepEqual(
      latest.map(({ id }: { id: string }) => id),
      [SECOND.id],
    );
    const [none] = records(await run(['snapshots', '--json', '--host', 'x'], scene));
    assert.deepEqual(none, []);
  });

  it('lists what is in a snapshot, plainly, at length and as JSON lines', async () => {
    const plain = await run(['ls', 'latest'], scene);
    assert.equal(plain.out, '/home\n/home/Report.odt\n/home/link\n/home/ü\n');
    const long = await run(['ls', '-l', 'latest'], scene);
    assert.match(
      long.out,
      /-rwsr-xr-x {2}1000 {2}1000 {12}5 2023-11-14 22:13:20 \/home\/Report\.odt/,
    );
    assert.match(long.out, /lrwxrwxrwx .* \/home\/link -> a\\x1bb/);
    const [snapshot, folder, file] = records(await run(['ls', 'latest', '--json'], scene));
    assert.equal(snapshot.id, SECOND.id);
    assert.equal(folder.type, 'dir');
    assert.equal(file.mtime, '2023-11-14T22:13:20.123456789Z');
    assert.equal(file.size, 5);
    assert.equal(file.permissions, '-rwsr-xr-x');
  });

  it('lists deep without a path, directly with one, deep again with --recursive', async () => {
    const asked = async (...argv: string[]) =>
      argumentOf<request.ListRequest>(await run(['ls', ...argv], scene), 'list');
    assert.deepEqual(await asked('latest'), { snapshot: SECOND.id, folder: '/', isDeep: true });
    assert.deepEqual(await asked('aaaa', 'home/'), {
      snapshot: FIRST.id,
      folder: '/home',
      isDeep: false,
    });
    assert.equal((await asked('latest:/home', '-r')).isDeep, true);
  });

  it('finds by name, without what lies below a folder that is found', async () => {
    const hits = async (...argv: string[]) =>
      records(await run(['find', '--json', '-s', 'latest', ...argv], scene)).map(
        ({ path }) => path,
      );
    assert.deepEqual(await hits('home'), ['/home']);
    assert.deepEqual(await hits('*.odt'), ['/home/Report.odt']);
    assert.deepEqual(await hits('-i', 'report*'), ['/home/Report.odt']);
    assert.deepEqual(await hits('ü'), ['/home/ü']);
    const early = await run(['find', '--oldest', '2024-01-01', '*'], scene);
    assert.equal(early.out, '');
    assert.match(early.err, /nothing found/);
    assert.equal((await run(['find', '--oldest', 'soon', '*'], scene)).code, 2);
  });

  it('shows changes with restic’s letters and counts them', async () => {
    const human = await run(['diff', 'aaaa', 'latest'], scene);
    assert.match(human.out, /^\+ {4}\/n\n- {4}\/d\/\nM {4}\/m\n\n1 added, 1 removed, 1 changed\n/);
    const asked = argumentOf<request.DiffRequest>(human, 'diff');
    assert.deepEqual(asked, { from: FIRST.id, to: SECOND.id, metadata: false });
    const last = records(await run(['diff', 'aaaa', 'latest', '--json'], scene)).at(-1);
    assert.deepEqual(last.added, { files: 1, bytes: 10 });
  });
});

describe('kura copies, stats, journal', () => {
  it('A6: shows where the copies of each pack lie, and why', async () => {
    const answers = { snapshots: SNAPSHOTS, copies: () => stream(PACK) };
    const human = await run(['copies', 'latest', '-v'], { answers });
    assert.match(human.out, /12121212 {2}1.00 MiB {2}Osaka \(chacha20\), Tokyo \(chacha20\) lost/);
    assert.match(human.out, /Osaka: lowest risk far from home/);
    assert.equal(argumentOf(human, 'copies'), SECOND.id);
    const [record] = records(await run(['copies', '--json'], { answers }));
    assert.equal(record.pack_id, PACK.packId);
    assert.equal(record.size, 1 << 20);
    const { store, city, lat, lon, cipher, state } = record.copies[0];
    assert.deepEqual([store, city, lat, lon], [STORE.storeId, 'jp-osaka', 34.7, 135.5]);
    assert.deepEqual([cipher, state], ['chacha20', 'held']);
  });

  it('counts', async () => {
    const answers = { snapshots: SNAPSHOTS, stats: STATS };
    const [record] = records(await run(['stats', '--mode', 'raw-data', '--json'], { answers }));
    assert.equal(record.total_size, 1000);
    assert.equal(record.compression_ratio, 2.5);
    assert.equal((await run(['stats', '--mode', 'x'], { answers })).code, 2);
  });

  it('C12: shows what ran, what it was about, and where that is', async () => {
    const human = await run(['journal'], { answers: { journal: [JOURNAL_ENTRY] } });
    assert.equal(argumentOf(human, 'journal'), 20);
    assert.match(human.out, /2026-11-03 00:00:00 {2}0:05 {2}backup {2}done/);
    assert.match(human.out, /\/home\/ann, \/etc and 1 more {2}Osaka, 22222222 +snapshot abababab/);
    const [record] = records(
      await run(['journal', '--json'], { answers: { journal: [JOURNAL_ENTRY] } }),
    );
    assert.deepEqual(record.subject.paths, ['/home/ann', '/etc']);
    assert.deepEqual(record.places[0], { store_id: '1'.repeat(32), city: 'Osaka', copies: 2 });
  });
});
