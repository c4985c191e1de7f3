import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { byteString, utf8 } from '@kura/base';
import { streamSource } from './stream-source.ts';

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield utf8(text);
}

async function readAll(texts: readonly string[], bufferBytes: number): Promise<string> {
  const source = streamSource(byteString('/stdin'), pieces(...texts));
  const into = new Uint8Array(bufferBytes);
  let all = '';
  for (;;) {
    const got = await source.read(into);
    if (got === 0) return all;
    all += Buffer.from(into.subarray(0, got)).toString();
  }
}

describe('standard input, asked for', () => {
  it('is the same bytes, whatever the pieces and the buffer', async () => {
    for (const bufferBytes of [1, 3, 100]) {
      assert.equal(await readAll(['abcd', '', '', 'e', 'fgh'], bufferBytes), 'abcdefgh');
    }
  });

  it('ends once, and an empty piece is no end', async () => {
    assert.equal(await readAll([], 4), '');
    assert.equal(await readAll(['', ''], 4), '');
    const source = streamSource(byteString('/stdin'), pieces('a'));
    const into = new Uint8Array(4);
    assert.deepEqual(
      [await source.read(into), await source.read(into), await source.read(into)],
      [1, 0, 0],
    );
  });

  it('an input that fails is no end of it', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield utf8('a');
      throw new Error('the pipe broke');
    }
    const source = streamSource(byteString('/stdin'), failing());
    const into = new Uint8Array(4);
    assert.equal(await source.read(into), 1);
    await assert.rejects(source.read(into), /the pipe broke/);
  });
});
