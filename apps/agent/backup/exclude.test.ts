import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { byteString, KuraError } from '@kura/base';
import { excludeMatcher, parsePatternFile, patternOf, selectionMatcher } from './exclude.ts';

const excludes = (patterns: readonly string[], path: string): boolean =>
  excludeMatcher(patterns)(byteString(path), false);

/** From restic's tables for its filter. */
const RESTIC_VECTORS: readonly (readonly [string, string, boolean])[] = [
  ['*.go', '/foo/bar/test.go', true],
  ['*.c', '/foo/bar/test.go', false],
  ['*', '/foo/bar/test.go', true],
  ['**', '/foo/bar/test.go', true],
  ['foo*', '/foo/bar/test.go', true],
  ['bar*', '/foo/bar/test.go', true],
  ['/foo*', '/foo/bar/test.go', true],
  ['bar/*', '/foo/bar/baz', true],
  ['/bar*', '/foo/bar/test.go', false],
  ['bar/test.*', '/foo/bar/test.go', true],
  ['bar/*.go', '/foo/bar/baz/test.go', false],
  ['/*/*/bar/test.*', '/foo/bar/test.go', false],
  ['/*/*/bar/test.*', '/foo/bar/bar/test.go', true],
  ['/*/*/*/test.*', '/foo/bar/baz/test.go', true],
  ['/foo/bar/test.*', '/foo/bar/test.go', true],
  ['/foo/**/test.*', '/foo/bar/baz/test.go', true],
  ['/foo/**/test.*', '/foo/test.go', true],
  ['/foo/**', '/foo/bar/test.go', true],
  ['/foo/**', '/foo', true],
  ['/foo/**', '/bar', false],
  ['**/foo/**/baz', '/x/foo/a/b/baz', true],
  ['user/**/important*', '/home/user/papers/x/hidden/x', false],
  ['user/**/hidden*/**/c', '/home/user/papers/old/hidden/x/y/c', true],
  ['/home/user/**/c', '/home/user/a/b/d', false],
  ['foo', '/foo', true],
  ['foo', '/foo/bar/baz', true],
  ['foo/', '/foo/bar', true],
  ['./foo', '/x/foo', true],
  ['foo//bar', '/x/foo/bar', true],
  ['/', '/anything', true],
  ['sdk/*', '/foo/bar/sdk', false],
  ['sdk/*', '/foo/bar/sdk/test', true],
  ['/root/[a-m]*', '/root/mail', true],
  ['/root/[a-m]*', '/root/news', false],
];

describe('paths left out of a backup', () => {
  for (const [pattern, path, expected] of RESTIC_VECTORS) {
    it(`"${pattern}" ${expected ? 'leaves out' : 'keeps'} ${path}`, () => {
      assert.equal(excludes([pattern], path), expected);
    });
  }

  it('takes back what a later pattern with ! names', () => {
    const patterns = ['*.log', '!important.log'];
    assert.equal(excludes(patterns, '/var/app.log'), true);
    assert.equal(excludes(patterns, '/var/important.log'), false);
    assert.equal(excludes([...patterns, '/var/*'], '/var/important.log'), true);
  });

  it('leaves nothing out without patterns', () => {
    assert.equal(excludes([], '/anything'), false);
  });

  for (const pattern of ['', '!', '/a/[b']) {
    it(`refuses the pattern "${pattern}"`, () => {
      assert.throws(
        () => excludeMatcher([pattern]),
        (error) => error instanceof KuraError && error.code === 'usage' && !!error.guidance,
      );
    });
  }

  it('a path as a pattern is that path and what is below it, whatever its characters mean', () => {
    for (const path of ['/a', '/a*b', '/[a]', '/a?', '/!a', '/a\\b', '/**']) {
      const patterns = [patternOf(path)];
      assert.equal(excludes(patterns, path), true, path);
      assert.equal(excludes(patterns, `${path}/below`), true, path);
      assert.equal(excludes(patterns, '/xab'), false, path);
    }
  });
});

describe('what a restore takes', () => {
  const select = (include: string[], exclude: string[], path: string): boolean | 'prune' =>
    selectionMatcher({ include, exclude })?.(byteString(path)) ?? true;

  it('takes everything without patterns', () => {
    assert.equal(selectionMatcher({ include: [], exclude: [] }), undefined);
  });

  it('takes what is included, with all below, and walks the folders on the way', () => {
    assert.equal(select(['/home/ann'], [], 'home'), false);
    assert.equal(select(['/home/ann'], [], 'home/ann'), true);
    assert.equal(select(['/home/ann'], [], 'home/ann/letter'), true);
    assert.equal(select(['/home/ann'], [], 'home/bob'), 'prune');
    assert.equal(select(['/home/ann'], [], 'etc'), 'prune');
  });

  it('looks everywhere for a name that is not anchored', () => {
    assert.equal(select(['*.jpg'], [], 'etc'), false);
    assert.equal(select(['*.jpg'], [], 'etc/a.jpg'), true);
  });

  it('walks below a folder that ** may continue in', () => {
    assert.equal(select(['/a/**/z'], [], 'a/b/c'), false);
    assert.equal(select(['/a/**/z'], [], 'b'), 'prune');
    assert.equal(select(['/a/**/z'], [], 'a/b/c/z'), true);
  });

  it('leaves out what is excluded, also within what is included', () => {
    assert.equal(select([], ['*.tmp'], 'a/b.tmp'), 'prune');
    assert.equal(select(['/a'], ['*.tmp'], 'a/b.tmp'), 'prune');
    assert.equal(select(['/a'], ['*.tmp'], 'a/b.txt'), true);
  });
});

describe('a file of patterns', () => {
  it('skips empty lines and comments, and trims', () => {
    const text = '\ufeff# caches\r\n\r\n  *.tmp  \n!keep.tmp\n #x\n';
    assert.deepEqual(parsePatternFile(text), ['*.tmp', '!keep.tmp']);
  });

  it('fills in variables', () => {
    const text = '$HOME/.cache\n$' + '{HOME}/x\n$$HOME\n$NOT_SET/x\n';
    const expected = ['/home/ann/.cache', '/home/ann/x', '$HOME', '/x'];
    assert.deepEqual(parsePatternFile(text, { HOME: '/home/ann' }), expected);
  });
});
