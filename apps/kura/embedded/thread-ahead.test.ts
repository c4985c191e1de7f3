import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { SourceLook } from '@kura/agent/backup/plan/walk-scope.ts';
import { type ByteString, byteString } from '@kura/base';
import { loadNative } from '@kura/native';
import { ThreadAhead } from './thread-ahead.ts';

const { posix } = loadNative();

describe('the thread that looks ahead', () => {
  let source = '';
  const at = (name: string): ByteString => byteString(join(source, name));
  const threads: ThreadAhead[] = [];

  before(() => {
    source = mkdtempSync(join(tmpdir(), 'kura-ahead-'));
    mkdirSync(join(source, 'folder'));
    for (const name of ['a', 'folder/b', 'z']) writeFileSync(join(source, name), name);
  });
  afterEach(async () => {
    for (const thread of threads.splice(0)) await thread.end();
  });
  after(() => rmSync(source, { recursive: true }));

  const start = (exclude: readonly string[] = [], program?: URL): ThreadAhead => {
    const choice = { exclude, excludeCaches: false, oneFileSystem: false };
    const thread = new ThreadAhead({ paths: [byteString(source)], ...choice }, program);
    threads.push(thread);
    thread.begin();
    return thread;
  };

  /** The system, telling what it was asked. */
  const watched = (asked: string[]): SourceLook => ({
    status: (path) => {
      asked.push(path);
      return posix.status(path);
    },
    readNames: (path) => {
      asked.push(path);
      return posix.readNames(path);
    },
  });

  /** As a walk would. */
  const walk = (look: SourceLook) => [
    look.readNames(byteString(source)),
    look.status(at('a')),
    look.status(at('folder')),
    look.readNames(at('folder')),
    look.status(at('folder/b')),
    look.status(at('z')),
  ];

  it('what it has seen is what the system says, and the system is not asked', async () => {
    const thread = start();
    await thread.ended;
    const asked: string[] = [];
    assert.deepEqual(walk(thread.over(watched(asked))), walk(posix));
    assert.deepEqual(asked, []);
  });

  it('C2: one that is ended, dies or cannot even start changes nothing', async () => {
    const ended = start();
    await ended.end();
    const dead = start(['[']); // no pattern
    const missing = start([], new URL('./no-such-program.ts', import.meta.url));
    for (const thread of [dead, missing]) await thread.ended;
    for (const thread of [ended, dead, missing]) {
      assert.deepEqual(walk(thread.over(posix)), walk(posix));
    }
  });
});
