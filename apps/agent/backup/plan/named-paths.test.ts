import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { byteString, KuraError } from '@kura/base';
import { loadNative } from '@kura/native';
import { lookUp } from './named-paths.ts';

const { posix } = loadNative();

describe('C12: the paths that a backup was asked for', () => {
  let folder = '';
  const path = (name: string) => byteString(join(folder, name));
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kura-named-'));
    mkdirSync(join(folder, 'a'));
    writeFileSync(join(folder, 'b'), 'b');
    symlinkSync('nowhere', join(folder, 'dangling'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('are all there: nothing is missing, in the order named', () => {
    const paths = [path('b'), path('a')];
    assert.deepEqual(lookUp(paths, posix), { present: paths, missing: [] });
  });

  it('one is missing: the others are saved', () => {
    const { present, missing } = lookUp([path('gone'), path('a'), path('b/below')], posix);
    assert.deepEqual(present, [path('a')]);
    assert.deepEqual(missing, [path('gone'), path('b/below')]);
  });

  it('a link that leads nowhere is there: the link is what is saved', () => {
    assert.deepEqual(lookUp([path('dangling')], posix).present, [path('dangling')]);
  });

  it('none is there: an error that names one', () => {
    for (const names of [['gone'], ['gone', 'b/below']]) {
      const all = names.map(path);
      assert.throws(
        () => lookUp(all, posix),
        (error) =>
          error instanceof KuraError &&
          error.code === 'missing' &&
          error.message.includes(String(all[0])) &&
          error.message.includes('nothing was saved'),
      );
    }
  });

  it('what cannot be looked at is left to the walk, which says why', () => {
    const refusing = {
      ...posix,
      status: () => {
        throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
      },
    };
    assert.deepEqual(lookUp([path('a')], refusing).present, [path('a')]);
  });
});
