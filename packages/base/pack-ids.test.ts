import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, fromHex } from './bytes.ts';
import { packId } from './ids.ts';
import { PackIds } from './pack-ids.ts';

const [one, two, three] = ['11', '22', '33'].map((byte) => packId(byte.repeat(32)));
assert.ok(one !== undefined && two !== undefined && three !== undefined);

test('ids are held in order, whatever order they came in, and found again', () => {
  const ids = PackIds.of([three, one]);
  assert.deepEqual([...(ids ?? [])], [one, three]);
  assert.deepEqual([ids?.length, ids?.bytes.length], [2, 64]);
  assert.deepEqual(
    [one, two, three].map((id) => ids?.has(id)),
    [true, false, true],
  );
  assert.equal(PackIds.of([])?.has(one), false);
});

test('bytes that are no ids, not in order, or twice there are no list', () => {
  const bytes = concatBytes(fromHex(one), fromHex(two));
  assert.deepEqual([...(PackIds.read(bytes) ?? [])], [one, two]);
  assert.equal(PackIds.read(bytes.subarray(1)), undefined);
  assert.equal(PackIds.read(concatBytes(fromHex(two), fromHex(one))), undefined);
  assert.equal(PackIds.read(concatBytes(fromHex(one), fromHex(one))), undefined);
  assert.equal(PackIds.of([one, two, one]), undefined);
});
