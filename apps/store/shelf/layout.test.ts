// Goal (R1): the geometry of a shelf file follows from its leaf count, fills it without gaps or
// overlaps, and gives a shelf files of three lengths only.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CopyId, KIB, SMALL_SHAPE, STANDARD_SHAPE } from '@kura/base';
import {
  copyPath,
  geometryOf,
  geometryOfFile,
  leafPosition,
  PAGE_BYTES,
  parityPosition,
  shelfPaths,
} from './layout.ts';

for (const [name, shape] of Object.entries({ standard: STANDARD_SHAPE, small: SMALL_SHAPE })) {
  test(`${name}: parts of a file touch, never overlap, and begin on pages`, () => {
    for (const leafCount of shape.packLeaves) {
      const geometry = geometryOf(shape.leafBytes, leafCount);
      const parts: [number, number][] = [];
      for (let leaf = 0; leaf < leafCount; leaf++) {
        parts.push([leafPosition(shape.leafBytes, leaf), shape.leafBytes]);
      }
      for (let group = 0; group < geometry.groupCount; group++) {
        parts.push([parityPosition(geometry, group), 4 * shape.leafBytes]);
      }
      for (const position of geometry.tablePositions) parts.push([position, geometry.tableBytes]);
      parts.sort(([a], [b]) => a - b);
      let end = 0;
      for (const [position, length] of parts) {
        assert.equal(position, end);
        assert.equal(position % PAGE_BYTES, 0);
        end += length;
      }
      assert.equal(end, geometry.fileBytes);
      assert.deepEqual(geometryOfFile(shape, geometry.fileBytes), geometry);
      assert.equal(geometryOfFile(shape, geometry.fileBytes + 1), undefined);
    }
    assert.equal(geometryOfFile(shape, 0), undefined);
  });
}

test('the standard sizes, as the format says', () => {
  const sizes = STANDARD_SHAPE.packLeaves.map((leaves) => geometryOf(64 * KIB, leaves));
  assert.deepEqual(
    sizes.map(({ groupCount, tableBytes }) => [groupCount, tableBytes]),
    [
      [1, 4 * KIB],
      [1, 4 * KIB],
      [4, 12 * KIB],
    ],
  );
  assert.deepEqual(
    sizes.map(({ fileBytes }) => fileBytes / KIB),
    [20 * 64 + 8, 68 * 64 + 8, 272 * 64 + 24],
  );
});

test('R37: nothing but a copy id becomes a path', () => {
  const paths = shelfPaths('/s');
  const id = 'ab'.repeat(32) as CopyId;
  assert.equal(copyPath(paths, id), `/s/copies/ab/${id}`);
  for (const bad of ['', '../../etc/passwd', id.toUpperCase(), `${id}0`, `${id.slice(1)}/`]) {
    assert.throws(() => copyPath(paths, bad as CopyId), /64 hexadecimal/);
  }
});
