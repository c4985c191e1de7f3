import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { byteString } from '@kura/base';
import { run, type Scene } from '../cli/test-host.ts';
import type * as request from './requests.ts';
import {
  argumentOf,
  CACHE,
  calledOnly,
  MEMBER,
  node,
  RECOVERED,
  RESTORED,
  records,
  SECOND,
  SNAPSHOTS,
} from './test-views.ts';

describe('kura restore and dump', () => {
  const scene: Scene = { answers: { snapshots: SNAPSHOTS, restore: RESTORED } };

  it('C10: restores a part, by the rules that were asked for', async () => {
    const argv = ['restore', 'latest:/home/ann', '--target', 'out', '--overwrite', 'never'];
    const ran = await run([...argv, '-i', '*.odt', '--delete', '--verify', '--sparse'], scene);
    const asked = argumentOf<request.RestoreRequest>(ran, 'restore');
    assert.equal(asked.snapshot, SECOND.id);
    assert.equal(asked.path, '/home/ann');
    assert.equal(asked.target, byteString(resolve('out')));
    assert.equal(asked.overwrite, 'never');
    assert.deepEqual(
      [asked.delete, asked.verify, asked.sparse, asked.dryRun],
      [true, true, true, false],
    );
    assert.equal(asked.matches?.(byteString('x/a.odt')), true);
    assert.equal(asked.matches?.(byteString('x/a.txt')), false);
    assert.match(ran.out, /5 restored, 1 updated, 2 unchanged, 0 skipped, 0 deleted/);
  });

  it('an empty target is a variable that was not set: refused before anything is opened', async () => {
    const ran = await run(['restore', 'latest', '--target', ''], scene);
    assert.equal(ran.code, 2);
    assert.deepEqual(calledOnly(ran), []);
    assert.match(ran.err, /^kura: a path is empty\n {6}.+\n$/);
  });

  it('tells how much space a restore needs before it begins', async () => {
    const ran = await run(['restore', 'latest', '-t', '/x', '-n'], scene);
    assert.match(ran.out, /5 would be restored/);
    assert.match(ran.out, /needs 4.00 KiB until it ends, 1.00 MiB are free/);
    const [summary] = records(await run(['restore', 'latest', '-t', '/x', '-n', '--json'], scene));
    assert.equal(summary.bytes_needed, 4096);
    assert.equal(summary.dry_run, true);
  });

  it('dumps one file byte for byte, and only a file', async () => {
    const bytes = new Uint8Array([0, 255, 10, 27]);
    const answers = {
      snapshots: SNAPSHOTS,
      entry: () => node('/a'),
      dump: ({ write }: request.DumpRequest) => write(bytes),
    };
    const ran = await run(['dump', 'latest', 'a'], { answers });
    assert.equal(ran.out, '\0\xff\n\x1b');
    const folder = { ...answers, entry: () => node('/a', { type: 'folder' }) };
    assert.equal((await run(['dump', 'latest', 'a'], { answers: folder })).code, 2);
  });
});

describe('kura cache, key, recover', () => {
  const WORDS = Array.from({ length: 24 }, (_, index) => `word${index}`).join(' ');
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kura-key-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('shows, clears and rebuilds the cache', async () => {
    const answers = { cache: CACHE, clearCache: CACHE, rebuildCache: CACHE };
    for (const [argv, method] of [
      [['cache'], 'cache'],
      [['cache', 'clear'], 'clearCache'],
      [['cache', 'rebuild'], 'rebuildCache'],
    ] as const) {
      assert.deepEqual(calledOnly(await run(argv, { answers })), [method]);
    }
  });

  it('shows recovery words only when asked, and never writes over a file', async () => {
    const answers = { recoveryWords: WORDS, member: MEMBER };
    assert.equal((await run(['key', 'words'], { answers })).out, `${WORDS}\n`);
    const path = join(folder, 'words.txt');
    const written = await run(['key', 'words', '-o', path], { answers });
    assert.equal(written.code, 0);
    assert.ok(!written.out.includes('word0'));
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const again = await run(['key', 'words', '-o', path], { answers });
    assert.equal(again.code, 1);
    assert.match(again.err, /Name a file that does not exist yet/);
    const shown = await run(['key', 'show', '--json'], { answers });
    assert.ok(!shown.out.includes('word0'));
  });

  it('makes a sheet that explains itself', async () => {
    const answers = { recoveryWords: WORDS, member: MEMBER };
    const { out } = await run(['key', 'sheet'], { answers });
    assert.match(out, /24 word23/);
    assert.match(out, /Osaka: \/mnt\/nas/);
    assert.match(out, /kura recover --words-file/);
    assert.match(out, /Made on 2026-11-21/);
    assert.ok(out.split('\n').every((line) => line.length <= 90));
  });

  it('changes the passphrase after it has seen the old one', async () => {
    const path = join(folder, 'new');
    writeFileSync(path, 'new secret\n');
    const answers = { member: MEMBER, changePassphrase: undefined };
    const ran = await run(['key', 'passphrase', '--new-passphrase-file', path], { answers });
    assert.deepEqual(calledOnly(ran), ['member', 'changePassphrase']);
    assert.equal(argumentOf(ran, 'changePassphrase'), 'new secret');
    const typed = await run(['key', 'passwd'], { answers, typed: ['abc', 'abc'] });
    assert.equal(argumentOf(typed, 'changePassphrase'), 'abc');
  });

  it('recovers from words in a file or typed, and from every store named', async () => {
    const path = join(folder, 'recovery');
    writeFileSync(path, `${WORDS}\n`);
    const argv = [
      'recover',
      '--words-file',
      path,
      '--store',
      '/a',
      '--store',
      '/b',
      '--store',
      '/a',
    ];
    const ran = await run(argv, { answers: { recover: RECOVERED } });
    assert.equal(ran.code, 0);
    const asked = argumentOf<request.RecoverRequest>(ran, 'recover');
    assert.deepEqual(asked, {
      words: `${WORDS}\n`,
      storeFolders: ['/a', '/b'],
      home: undefined,
      copies: undefined,
    });
    assert.match(ran.out, /3 packs found, 2 snapshots:/);
    const typed = await run(['recover', '--store', '/a'], {
      answers: { recover: RECOVERED },
      typed: [WORDS],
    });
    assert.equal(argumentOf<request.RecoverRequest>(typed, 'recover').words, WORDS);
    const partly = await run(argv, {
      answers: { recover: { ...RECOVERED, snapshotsIncomplete: 1 } },
    });
    assert.equal(partly.code, 20);
    assert.match(partly.err, /1 snapshot incomplete/);
    assert.equal((await run(['recover', '--words-file', path])).code, 2);
    assert.equal((await run(['recover', '--store', '/a'])).code, 2);
    assert.equal((await run(['recover', '--store', '/a', '--words-file', '/none'])).code, 1);
  });

  it('says what a recovery assumed, and hands on what it was told', async () => {
    const path = join(folder, 'recovery-of-old');
    writeFileSync(path, `${WORDS}\n`);
    const argv = ['recover', '--words-file', path, '--store', '/a'];
    const recovered = async (change: Partial<typeof RECOVERED>) =>
      (await run(argv, { answers: { recover: { ...RECOVERED, ...change } } })).err;
    assert.doesNotMatch(await recovered({}), /warning/);
    assert.match(await recovered({ isHomeKnown: false }), /where home is.*--home CITY/);
    assert.match(await recovered({ copiesWanted: undefined }), /keeps 2 .*--copies N/);
    assert.match(await recovered({ copiesWanted: 3 }), /kept 3 copies .* now keeps 2/);
    const told = await run([...argv, '--home', 'Osaka', '--copies', '3'], {
      answers: { recover: RECOVERED },
    });
    const { home, copies } = argumentOf<request.RecoverRequest>(told, 'recover');
    assert.deepEqual([home, copies], ['Osaka', 3]);
  });
});
