import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { byteString, KuraError } from '@kura/base';
import { byteCount, percentage, snapshotPath, splitSnapshotPath, splitStore } from './options.ts';
import { readPassphraseFile, replacementPassphrase, secretsFrom } from './passphrase.ts';
import { filterSnapshots, findSnapshot, selectSnapshots } from './select.ts';
import { SecretLine, type Terminal } from './terminal.ts';
import { sampleSnapshot } from './test-host.ts';

const hasCode =
  (code: string, text: RegExp = /./) =>
  (error: unknown): boolean =>
    error instanceof KuraError &&
    error.code === code &&
    text.test(`${error.message} ${error.guidance}`);

function terminalOf(...answers: string[]): Terminal & { readonly questions: string[] } {
  const questions: string[] = [];
  return {
    questions,
    askSecret: async (question) => {
      questions.push(question);
      return answers.shift();
    },
  };
}

describe('passphrases', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kura-passphrase-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const file = (text: string): string => {
    const path = join(folder, 'passphrase');
    writeFileSync(path, text);
    return path;
  };

  it('come from the first line of the file, else from the environment, else from the person', async () => {
    const path = file('from file\r\nnot this\n');
    const all = { file: path, variable: 'from variable', terminal: terminalOf('typed') };
    assert.equal(await secretsFrom(all).passphrase(), 'from file');
    assert.equal(await secretsFrom({ ...all, file: undefined }).passphrase(), 'from variable');
    const asked = { ...all, file: undefined, variable: '' };
    assert.equal(await secretsFrom(asked).passphrase(), 'typed');
  });

  it('are asked for once, however often they are wanted', async () => {
    const terminal = terminalOf('one', 'two');
    const secrets = secretsFrom({ file: undefined, variable: undefined, terminal });
    assert.equal(await secrets.passphrase(), 'one');
    assert.equal(await secrets.passphrase(), 'one');
    assert.equal(terminal.questions.length, 1);
  });

  it('that are new are asked for twice, until both agree', async () => {
    const terminal = terminalOf('abc', 'abd', 'abc', 'abc');
    const secrets = secretsFrom({ file: undefined, variable: undefined, terminal });
    assert.equal(await secrets.newPassphrase(), 'abc');
    assert.equal(terminal.questions.length, 4);
    const never = terminalOf('a', 'b', 'c', 'd', 'e', 'f', 'g');
    await assert.rejects(
      replacementPassphrase(undefined, never),
      hasCode('usage', /never the same/),
    );
  });

  it('say what to do where nobody can be asked', async () => {
    const secrets = secretsFrom({ file: undefined, variable: undefined, terminal: terminalOf() });
    await assert.rejects(secrets.passphrase(), hasCode('usage', /KURA_PASSPHRASE/));
  });

  it('refuse a file that is missing or empty', () => {
    assert.throws(() => readPassphraseFile(join(folder, 'none')), hasCode('missing'));
    assert.throws(() => readPassphraseFile(file('\nsecret\n')), hasCode('usage'));
  });

  it('are typed with corrections, in any script', () => {
    const type = (text: string): string => {
      const line = new SecretLine();
      line.take(Buffer.from(text));
      assert.ok(line.isDone);
      return line.text;
    };
    assert.equal(type('secret\r'), 'secret');
    assert.equal(type('secrex\x7ft\n'), 'secret');
    assert.equal(type('蔵x\x7f\x7fkura\r'), 'kura');
    assert.equal(type('wrong\x15right\rmore'), 'right');
    assert.equal(type('a\x04'), 'a');
    assert.throws(() => new SecretLine().take(Buffer.from('ab\x03')), hasCode('interrupted'));
  });
});

describe('choosing snapshots', () => {
  const at = (day: number): number => Date.UTC(2026, 0, day);
  const all = [
    sampleSnapshot({ id: 'aaaa1111', timeMs: at(1), hostname: 'laptop', tags: ['photos'] }),
    sampleSnapshot({ id: 'aaaa2222', timeMs: at(3), hostname: 'server' }),
    sampleSnapshot({
      id: 'bbbb3333',
      timeMs: at(2),
      paths: [byteString('/etc'), byteString('/srv')],
      tags: ['photos', 'paper'],
    }),
  ];
  const ids = (list: readonly { readonly id: string }[]): string[] =>
    list.map(({ id }) => id.slice(0, 8));

  it('by machine, by all of the paths, by all tags of one list', () => {
    assert.deepEqual(ids(filterSnapshots(all, { host: ['server'] })), ['aaaa2222']);
    assert.deepEqual(ids(filterSnapshots(all, { path: ['/etc', '/srv'] })), ['bbbb3333']);
    assert.deepEqual(ids(filterSnapshots(all, { path: ['/etc', '/var'] })), []);
    assert.deepEqual(ids(filterSnapshots(all, { tag: ['photos,paper'] })), ['bbbb3333']);
    assert.deepEqual(ids(filterSnapshots(all, { tag: ['photos'] })), ['aaaa1111', 'bbbb3333']);
    assert.deepEqual(ids(filterSnapshots(all, { tag: [''] })), ['aaaa2222']);
  });

  it('by the beginning of an id, or the latest that the filters leave', () => {
    assert.equal(findSnapshot(all, 'bbbb', {}), all[2]);
    assert.equal(findSnapshot(all, 'AAAA1', {}), all[0]);
    assert.equal(findSnapshot(all, 'latest', {}), all[1]);
    assert.equal(findSnapshot(all, 'latest', { host: ['laptop'] }), all[2]);
  });

  it('refuses what is unknown or could be two', () => {
    assert.throws(() => findSnapshot(all, 'cccc', {}), hasCode('not_found', /kura snapshots/));
    assert.throws(() => findSnapshot(all, 'aaaa', {}), hasCode('usage', /aaaa1111, aaaa2222/));
    assert.throws(() => findSnapshot(all, 'b', {}), hasCode('usage', /at least 4 characters/));
    assert.throws(
      () => findSnapshot(all, 'latest', { host: ['x'] }),
      hasCode('not_found', /filters/),
    );
    assert.throws(() => findSnapshot([], 'latest', {}), hasCode('not_found', /no snapshot yet/));
  });

  it('takes those that are named, once each', () => {
    assert.deepEqual(ids(selectSnapshots(all, ['bbbb3333', 'latest', 'bbbb'], {})), [
      'bbbb3333',
      'aaaa2222',
    ]);
    assert.equal(selectSnapshots(all, [], {}).length, 3);
  });
});

describe('values of options', () => {
  it('splits a store at the last equals sign', () => {
    assert.deepEqual(splitStore('/a=b/c=Osaka'), { folder: '/a=b/c', place: 'Osaka' });
    assert.deepEqual(splitStore('/a=35.6,139.7'), { folder: '/a', place: '35.6,139.7' });
    for (const text of ['/a', '=Osaka', '/a='])
      assert.throws(() => splitStore(text), hasCode('usage'));
  });

  it('splits a snapshot and a path inside it', () => {
    assert.deepEqual(splitSnapshotPath('latest'), { name: 'latest', path: '/' });
    assert.deepEqual(splitSnapshotPath('ab12:home/x:y/'), { name: 'ab12', path: '/home/x:y' });
  });

  it('keeps paths inside the snapshot', () => {
    assert.equal(snapshotPath('/a/./b//c/'), '/a/b/c');
    assert.equal(snapshotPath('../../a/../b'), '/b');
    assert.equal(snapshotPath(''), '/');
    assert.equal(snapshotPath('/蔵'), byteString('/蔵'));
  });

  it('reads sizes and shares', () => {
    assert.equal(byteCount('1000'), 1000);
    assert.equal(byteCount('1.5k'), 1536);
    assert.equal(byteCount('2GiB'), 2 * 1024 ** 3);
    assert.equal(percentage('12.5%'), 0.125);
    for (const text of ['', '5', 'x%', '101%', '-1%']) assert.throws(() => percentage(text));
    for (const text of ['', 'x', '-1', '1Z', '1kk']) assert.throws(() => byteCount(text));
  });
});
