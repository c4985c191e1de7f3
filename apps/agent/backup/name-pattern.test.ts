import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ByteString, byteString, KuraError } from '@kura/base';
import { matchesName, parseNamePattern } from './name-pattern.ts';

const matches = (pattern: string, name: string): boolean =>
  matchesName(parseNamePattern(byteString(pattern)), byteString(name));

/** From Go's own table for filepath.Match, which restic's patterns follow. */
const GO_VECTORS: readonly (readonly [string, string, boolean])[] = [
  ['abc', 'abc', true],
  ['*', 'abc', true],
  ['*c', 'abc', true],
  ['a*', 'a', true],
  ['a*', 'abc', true],
  ['a*b*c*d*e*', 'axbxcxdxe', true],
  ['a*b*c*d*e*', 'axbxcxdxexxx', true],
  ['a*b?c*x', 'abxbbxdbxebxczzx', true],
  ['a*b?c*x', 'abxbbxdbxebxczzy', false],
  ['ab[c]', 'abc', true],
  ['ab[b-d]', 'abc', true],
  ['ab[e-g]', 'abc', false],
  ['ab[^c]', 'abc', false],
  ['ab[^b-d]', 'abc', false],
  ['ab[^e-g]', 'abc', true],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'ab', false],
  ['a?b', 'a☺b', true],
  ['a[^a]b', 'a☺b', true],
  ['a???b', 'a☺b', false],
  ['a[^a][^a][^a]b', 'a☺b', false],
  ['[a-ζ]*', 'α', true],
  ['*[a-ζ]', 'A', false],
  ['[\\]a]', ']', true],
  ['[\\-]', '-', true],
  ['[x\\-]', 'x', true],
  ['[x\\-]', '-', true],
  ['[x\\-]', 'z', false],
  ['[\\-x]', 'x', true],
  ['[\\-x]', 'a', false],
  ['*x', 'xxx', true],
  ['*.txt', 'notes.txt.gz', false],
  ['', '', true],
  ['*', '', true],
  ['?', '', false],
];

describe('patterns for one name', () => {
  for (const [pattern, name, expected] of GO_VECTORS) {
    it(`"${pattern}" ${expected ? 'matches' : 'does not match'} "${name}"`, () => {
      assert.equal(matches(pattern, name), expected);
    });
  }

  for (const pattern of ['[]a]', '[-]', '[x-]', '[-x]', '[', '[^', '[^bc', 'a[', 'a\\', '[a-']) {
    it(`refuses the malformed "${pattern}"`, () => {
      assert.throws(
        () => parseNamePattern(byteString(pattern)),
        (error) => error instanceof KuraError && error.code === 'usage',
      );
    });
  }

  it('takes bytes that are no UTF-8 one by one', () => {
    const name = 'a\xff\xfeb' as ByteString;
    assert.ok(matchesName(parseNamePattern(byteString('a??b')), name));
    assert.ok(!matchesName(parseNamePattern(byteString('a?b')), name));
    assert.ok(matchesName(parseNamePattern('a\xff*' as ByteString), name));
  });

  it('stays fast on a pattern that would make a regular expression explode', () => {
    const pattern = parseNamePattern(byteString(`${'*a'.repeat(200)}b`));
    assert.equal(matchesName(pattern, byteString('a'.repeat(4000))), false);
  });
});
