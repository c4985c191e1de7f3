import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { toHex, utf8 } from '@kura/base';
import { chunkIdOf } from './ids.ts';
import { bulk, member, stranger } from './pack-fixtures.ts';
import { CHUNK_KINDS } from './types.ts';

const plaintext = utf8('the same plaintext');

test('R4: the same plaintext has other names as another kind and for another member', () => {
  const names = [member, stranger].flatMap(({ chunkIdKeys }) =>
    CHUNK_KINDS.map((kind) => toHex(chunkIdOf(bulk, chunkIdKeys, kind, plaintext))),
  );
  assert.equal(new Set(names).size, 8);
});

test('a name is HMAC-SHA256 under the key of the kind', () => {
  for (const [number, kind] of CHUNK_KINDS.entries()) {
    const key = member.chunkIdKeys[number] ?? assert.fail('a key per kind');
    const expected = createHmac('sha256', key).update(plaintext).digest('hex');
    assert.equal(toHex(chunkIdOf(bulk, member.chunkIdKeys, kind, plaintext)), expected);
  }
});
