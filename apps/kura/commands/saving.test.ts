import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { excludeMatcher } from '@kura/agent/backup/exclude.ts';
import { byteString, utf8 } from '@kura/base';
import { run, type Scene } from '../cli/test-host.ts';
import type * as request from './requests.ts';
import {
  argumentOf,
  BACKED_UP,
  calledOnly,
  NETWORK,
  records,
  SECOND,
  stream,
} from './test-views.ts';

describe('kura init', () => {
  it('takes stores, home and copies, and says what was founded', async () => {
    const argv = ['init', '--store', 'nas=Osaka', '--store', '/usb=Tokyo', '--home', '35.6,139.7'];
    const ran = await run(argv, { answers: { init: NETWORK } });
    assert.equal(ran.code, 0);
    assert.deepEqual(argumentOf<request.InitRequest>(ran, 'init'), {
      stores: [
        { folder: resolve('nas'), place: 'Osaka' },
        { folder: '/usb', place: 'Tokyo' },
      ],
      home: '35.6,139.7',
      copies: 2,
    });
    assert.match(ran.out, /\/mnt\/nas in Osaka \(jp-osaka\), chacha20/);
    assert.match(ran.err, /kura key words/);
  });

  for (const argv of [
    ['init'],
    ['init', '--store', '/a'],
    ['init', '--store', '/a=Osaka'],
    ['init', '--store', '/a=Osaka', '--store', '/a=Tokyo'],
    ['init', '--store', '/a=Osaka', '--store', '/b=Tokyo', '--copies', '0'],
    ['init', '--store', '/a=Osaka', '--store', '/b=Tokyo', '--copies', '3'],
  ]) {
    it(`refuses: kura ${argv.join(' ')}`, async () => {
      const ran = await run(argv);
      assert.equal(ran.code, 2);
      assert.deepEqual(calledOnly(ran), []);
      assert.match(ran.err, /^kura: .+\n {6}.+\n$/);
    });
  }
});

describe('kura backup', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kura-backup-'));
    writeFileSync(join(folder, 'patterns'), '# caches\n*.tmp\n!keep.tmp\n$PLACE/x\n');
    writeFileSync(join(folder, 'list'), `${folder}/pat*\n/gone\n`);
    writeFileSync(join(folder, 'list0'), Buffer.from('/a b\0/\xff\0', 'latin1'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const backup = async (argv: readonly string[], scene: Scene = {}) => {
    const ran = await run(['backup', ...argv], { answers: { backup: BACKED_UP }, ...scene });
    return {
      ran,
      request: ran.code === 2 ? undefined : argumentOf<request.BackupRequest>(ran, 'backup'),
    };
  };

  it('saves absolute paths once each, with what was asked', async () => {
    const argv = [
      'a/../b',
      './b',
      '/c/',
      '--tag',
      'x,y',
      '--tag',
      'x',
      '-H',
      'box',
      '--kind',
      'full',
      '-x',
    ];
    const { request } = await backup(argv);
    assert.ok(request);
    assert.deepEqual(request.paths, [byteString(resolve('b')), '/c']);
    assert.deepEqual(request.tags, ['x', 'y']);
    assert.equal(request.hostname, 'box');
    assert.equal(request.kind, 'full');
    assert.equal(request.oneFileSystem, true);
    assert.equal(request.excludeCaches, false);
    assert.equal(request.dryRun, false);
    assert.equal(request.stream, undefined);
  });

  it('leaves out by options and by files of patterns', async () => {
    const argv = ['/', '-e', '/proc', '--exclude-file', join(folder, 'patterns')];
    const { request } = await backup(argv, { environment: { PLACE: '/srv' } });
    const isExcluded = excludeMatcher(request?.exclude ?? []);
    const excluded = (path: string) => isExcluded(byteString(path), false);
    assert.equal(excluded('/proc/1'), true);
    assert.equal(excluded('/a.tmp'), true);
    assert.equal(excluded('/keep.tmp'), false);
    assert.equal(excluded('/srv/x'), true);
    assert.equal(excluded('/home'), false);
  });

  it('takes lists of files, with patterns or as they are', async () => {
    const byPattern = await backup(['--files-from', join(folder, 'list')]);
    assert.deepEqual(byPattern.request?.paths, [byteString(`${folder}/patterns`), '/gone']);
    const asTheyAre = await backup(['--files-from0', join(folder, 'list0')]);
    assert.deepEqual(asTheyAre.request?.paths, ['/a b', '/\xff']);
    const fromStdin = await backup(['--files-from0', '-'], { stdin: utf8('/x\0/y\0') });
    assert.deepEqual(fromStdin.request?.paths, ['/x', '/y']);
  });

  it('saves standard input as one file', async () => {
    const stdin = utf8('content');
    const { request } = await backup(['--stdin', '--stdin-filename', 'shop.sql'], { stdin });
    assert.deepEqual(request?.paths, []);
    assert.equal(request?.stream?.path, '/shop.sql');
    const bytes = await Array.fromAsync(request?.stream?.bytes ?? stream<Uint8Array>());
    assert.equal(Buffer.concat(bytes).toString(), 'content');
  });

  for (const argv of [
    [],
    ['--stdin', '/a'],
    ['--stdin', '--stdin-filename', '..'],
    ['--stdin', '--stdin-filename', 'a/../b'],
    ['--stdin', '--stdin-filename', 'a//b'],
    ['--stdin', '--stdin-filename', 'a/'],
    ['/a', '--host', ''],
    [''],
    ['/a', '--kind', 'some'],
    ['/a', '-e', '[a'],
  ]) {
    it(`refuses: kura backup ${argv.join(' ')}`, async () => {
      const { ran } = await backup(argv);
      assert.equal(ran.code, 2);
      assert.deepEqual(calledOnly(ran), []);
    });
  }

  it('C12: ends with a summary that scripts know', async () => {
    const { ran } = await backup(['/a', '--json']);
    assert.deepEqual(records(ran).at(-1), {
      message_type: 'summary',
      snapshot_id: SECOND.id,
      kind: 'incremental',
      files_new: 1,
      files_changed: 2,
      files_unmodified: 3,
      dirs_new: 4,
      dirs_changed: 5,
      dirs_unmodified: 6,
      data_added: 7,
      data_added_packed: 8,
      total_files_processed: 9,
      total_bytes_processed: 10,
      total_duration: 1.5,
      files_unreadable: 0,
      copies_min: 2,
      packs_below_strength: 0,
    });
    assert.equal(ran.err, '');
  });

  it('exits with 3 when files could not be read, and names them', async () => {
    const problems = [{ path: byteString('/a/\x1bb'), why: 'this user may not' }];
    const answers = { backup: { ...BACKED_UP, problems, problemCount: 5 } };
    const { ran } = await backup(['/a'], { answers });
    assert.equal(ran.code, 3);
    assert.match(ran.err, /warning: \/a\/\\x1bb: this user may not\nwarning: and 4 more/);
    assert.match(
      ran.out,
      /snapshot bbbb2222 saved \(incremental\): 2 copies of everything, receipt 3/,
    );
  });

  it('C12: exits with 22 when packs have too few copies within reach, and says what helps', async () => {
    const weak = { ...BACKED_UP, copiesMin: 1, packsBelowStrength: 3 };
    const { ran } = await backup(['/a'], { answers: { backup: weak } });
    assert.equal(ran.code, 22);
    assert.match(
      ran.err,
      /^warning: 3 packs .*fewer than 2 copies within reach: .*check --repair.*\n$/,
    );
    assert.match(ran.out, /saved \(incremental\): 1 copy of everything/);
    const unread = {
      ...weak,
      problems: [{ path: byteString('/x'), why: 'gone' }],
      problemCount: 1,
    };
    assert.equal((await backup(['/a'], { answers: { backup: unread } })).ran.code, 3);
    const dry = { ...weak, snapshotId: undefined, receipt: undefined };
    const { ran: tried } = await backup(['/a', '-n'], { answers: { backup: dry } });
    assert.deepEqual([tried.code, tried.err], [0, '']);
  });

  it('says that a dry run stored nothing', async () => {
    const answers = { backup: { ...BACKED_UP, snapshotId: undefined, receipt: undefined } };
    const { ran, request } = await backup(['/a', '--dry-run'], { answers });
    assert.equal(request?.dryRun, true);
    assert.match(ran.out, /dry run: nothing was stored/);
    const json = await backup(['/a', '-n', '--json'], { answers });
    assert.equal(records(json.ran).at(-1).snapshot_id, null);
  });
});
