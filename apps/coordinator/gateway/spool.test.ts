// Goal: what is in the spool is whole or not there, bounded, and found again after a kill (row A19).
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { memberId, packId } from '@kura/base';
import { refusal } from '../fixtures.ts';
import { Spool } from './spool.ts';

const PACK = { memberId: memberId('ab'.repeat(16)), packId: packId('cd'.repeat(32)) };
const BYTES = new Uint8Array(10_000).map((_, at) => at % 251);
const PIECES = [BYTES.subarray(0, 4096), BYTES.subarray(4096)];

function scene(test_: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'kura-spool-'));
  test_.after(() => rmSync(folder, { recursive: true }));
  return { folder, open: (maxBytes = 25_000) => new Spool({ folder, maxBytes }) };
}

test('A19: a pack comes back as it was, also to another process, until it is removed', async (t) => {
  const { folder, open } = scene(t);
  const spool = open();
  await spool.write(PACK, PIECES);
  const again = open();
  assert.deepEqual(again.list(), [PACK]);
  const into = new Uint8Array(again.sizeOf(PACK));
  again.read(PACK, [into.subarray(0, 100), into.subarray(100)]);
  assert.equal(Buffer.compare(into, BYTES), 0);
  again.remove(PACK);
  assert.deepEqual([again.list(), readdirSync(folder)], [[], []]);
});

test('A19: it takes no more than it may, counting what it found', async (t) => {
  const { open } = scene(t);
  const spool = open();
  assert.ok(spool.hasRoomFor(25_000) && !spool.hasRoomFor(25_001));
  await spool.write(PACK, PIECES);
  assert.ok(spool.hasRoomFor(15_000) && !spool.hasRoomFor(15_001));
  assert.ok(!open().hasRoomFor(15_001));
  spool.remove(PACK);
  assert.ok(spool.hasRoomFor(25_000));
});

test('what a kill left half-written goes, and what is not whole is no pack', async (t) => {
  const { folder, open } = scene(t);
  writeFileSync(join(folder, `${PACK.memberId}-${PACK.packId}.new`), 'half');
  writeFileSync(join(folder, 'something else'), 'of somebody');
  const spool = open();
  assert.deepEqual(spool.list(), []);
  assert.deepEqual(readdirSync(folder), ['something else']);
  await spool.write(PACK, PIECES);
  truncateSync(join(folder, `${PACK.memberId}-${PACK.packId}`), 5000);
  const into = new Uint8Array(BYTES.length);
  assert.throws(() => spool.read(PACK, [into]), refusal('corrupt'));
});
