import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ChunkId, KuraError, SMALL_SHAPE, utf8 } from '@kura/base';
import { type ContentEntry, chunkIdOf, decodeContentList, MAX_INLINE_CONTENT } from '@kura/format';
import { deriveMemberKeys, newRoot } from '@kura/member-seal';
import { loadNative } from '@kura/native';
import { SeededRandom } from '@kura/testing';
import { ChunkTable } from '../../index/chunk-table.ts';
import type { ReadyFrame } from '../line/tasks.ts';
import { FolderPacker, type FolderPackerOptions } from './folder-packer.ts';

const { bulk } = loadNative();
const random = new SeededRandom(9);
const { chunkIdKeys } = deriveMemberKeys(newRoot(random));

function packerWith(change: Partial<FolderPackerOptions> = {}) {
  const frames: ReadyFrame[] = [];
  const used: number[] = [];
  const table = ChunkTable.sizedFor(100);
  const packer = new FolderPacker({
    shape: SMALL_SHAPE,
    bulk,
    chunkIdKeys,
    table,
    send: async (frame) => {
      frames.push(frame);
    },
    onUsed: (number) => used.push(number),
    mayUse: () => true,
    ...change,
  });
  return { packer, frames, used, table };
}

const textOf = ({ plain }: ReadyFrame): string => Buffer.from(plain).toString();

describe('folder pages and lists on their way to packs', () => {
  it('are named, gathered up to a frame in the order of closing, and sent on', async () => {
    const { packer, frames } = packerWith();
    const page = (letter: string) => utf8(letter.repeat(SMALL_SHAPE.frameBytes / 2));
    const entries = ['a', 'b', 'c'].map((letter) => packer.add('folder', page(letter)));
    await packer.flush();
    assert.deepEqual(
      frames.map((frame) => [frame.kind, frame.chunks.length, new Set(textOf(frame)).size]),
      [
        ['folder', 2, 2],
        ['folder', 1, 1],
      ],
    );
    const ids = frames.flatMap(({ chunks }) => chunks.map(({ id }) => Buffer.from(id)));
    assert.deepEqual(
      ids,
      entries.map(({ id }) => Buffer.from(id)),
    );
    const expected = chunkIdOf(bulk, chunkIdKeys, 'folder', page('a'));
    assert.deepEqual(ids[0], Buffer.from(expected));
    assert.equal(packer.bytesAdded, 3 * page('a').length);
  });

  it('kinds never share a frame', async () => {
    const { packer, frames } = packerWith();
    packer.add('folder', utf8('one'));
    packer.add('list', utf8('two'));
    packer.add('folder', utf8('three'));
    await packer.flush();
    assert.deepEqual(
      frames.map((frame) => [frame.kind, textOf(frame)]),
      [
        ['folder', 'one'],
        ['list', 'two'],
        ['folder', 'three'],
      ],
    );
  });

  it('what is stored already is not sent, and its pack is used', async () => {
    const { packer, frames, used, table } = packerWith();
    table.add(chunkIdOf(bulk, chunkIdKeys, 'folder', utf8('known')), 5);
    packer.add('folder', utf8('known'));
    packer.add('folder', utf8('new'));
    packer.add('folder', utf8('new'));
    await packer.flush();
    assert.deepEqual(used, [5]);
    assert.deepEqual(frames.map(textOf), ['new']);
  });

  it('what lies in a pack that prune has marked is stored anew', async () => {
    const { packer, frames, used, table } = packerWith({ mayUse: (number) => number !== 5 });
    table.add(chunkIdOf(bulk, chunkIdKeys, 'folder', utf8('known')), 5);
    packer.add('folder', utf8('known'));
    await packer.flush();
    assert.deepEqual(used, []);
    assert.deepEqual(frames.map(textOf), ['known']);
  });

  it('a content of up to 256 pieces stands in its entry; a longer one becomes lists that hold it', async () => {
    const { packer, frames } = packerWith();
    const content: ContentEntry[] = Array.from({ length: MAX_INLINE_CONTENT + 1 }, () => ({
      id: random.bytes(32) as ChunkId,
      length: 1,
    }));
    const short = content.slice(1);
    assert.deepEqual(packer.content(short), { content: short, isList: false });
    const long = packer.content(content);
    await packer.flush();
    assert.equal(long.isList, true);
    const lists = frames.flatMap(({ plain, chunks }) => {
      let at = 0;
      return chunks.map(({ length }) => {
        at += length;
        return decodeContentList(plain.subarray(at - length, at));
      });
    });
    assert.equal(lists.length, long.content.length);
    const ids = (pieces: readonly ContentEntry[]) => Buffer.concat(pieces.map(({ id }) => id));
    assert.ok(ids(lists.flat()).equals(ids(content)));
  });

  it('a line that fails is told when all is to be in packs, not lost between frames', async () => {
    let sent = 0;
    const { packer } = packerWith({
      send: async () => {
        sent++;
        if (sent === 1) throw new KuraError('no_space', 'full');
      },
    });
    packer.add('folder', utf8('a'.repeat(SMALL_SHAPE.frameBytes)));
    packer.add('folder', utf8('b'.repeat(SMALL_SHAPE.frameBytes)));
    await assert.rejects(packer.flush(), { code: 'no_space' });
  });
});
