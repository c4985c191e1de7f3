import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KuraError, utf8 } from '@kura/base';
import { MemoryDisk, SeededRandom } from '@kura/testing';
import { readCachedJson, readSmallJson, replaceFile } from './small-file.ts';

const path = '/home/file.json';
const maxBytes = 100;
const refuse = (cause?: unknown): never => {
  throw new KuraError('corrupt', 'the file is damaged', { cause });
};

async function holding(text: string | undefined): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  if (text !== undefined)
    await replaceFile({ disk, random: new SeededRandom(1) }, path, utf8(text));
  return disk;
}

describe('a small file of JSON', () => {
  it('is an object, or undefined if it is not there', async () => {
    assert.deepEqual(readSmallJson(await holding('{"a":1}'), { path, maxBytes, refuse }), { a: 1 });
    assert.equal(readSmallJson(await holding(undefined), { path, maxBytes, refuse }), undefined);
  });

  it('R38: is refused if it is too long, cut short, or no object', async () => {
    for (const text of ['', '{', 'null', '7', '"text"', `{"a":"${'x'.repeat(maxBytes)}"}`]) {
      const disk = await holding(text);
      assert.throws(() => readSmallJson(disk, { path, maxBytes, refuse }), /damaged/, text);
      assert.deepEqual(readCachedJson(disk, { path, maxBytes }), {}, 'a cache is made anew');
    }
  });
});
