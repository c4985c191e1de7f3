import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { byteString } from '@kura/base';
import { PathTrie } from './path-trie.ts';

const trieOf = (...paths: string[]) => PathTrie.of(paths.map(byteString));

describe('paths as a tree of names', () => {
  it('is the way from the root to what is saved', () => {
    const home = trieOf('/home/ann', '/home/bob/x', '/etc').child(byteString('home'));
    assert.equal(home?.isEnd, false);
    assert.deepEqual(home?.names(), ['ann', 'bob']);
    assert.equal(home?.child(byteString('ann'))?.isEnd, true);
    assert.equal(home?.child(byteString('bob'))?.isEnd, false);
    assert.equal(home?.child(byteString('eve')), undefined);
  });

  it('the root itself is everything', () => {
    assert.equal(trieOf('/').isEnd, true);
    assert.equal(trieOf('/a', '/').isEnd, true);
    assert.equal(trieOf('/a').isEnd, false);
  });

  it('a path below one that is saved whole changes nothing above it', () => {
    for (const paths of [
      ['/a', '/a/b'],
      ['/a/b', '/a'],
    ]) {
      assert.equal(trieOf(...paths).child(byteString('a'))?.isEnd, true);
    }
  });

  it('names come in the order of their bytes, as folders are read', () => {
    assert.deepEqual(
      trieOf('/é', '/z', '/Z', '/a-b', '/a').names(),
      ['Z', 'a', 'a-b', 'z', 'é'].map(byteString),
    );
  });

  it('names such as __proto__ are names', () => {
    assert.deepEqual(trieOf('/__proto__/constructor').names(), ['__proto__']);
  });
});
