// What seeds begin with is new for each of them, whatever the one before has done to it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { giveTables, preparedStore, takeTables } from './prepared.ts';

test('a prepared store is a copy: what is done to one is not seen in the next', async () => {
  const folder = '/mnt/store0';
  const one = await preparedStore(0, folder);
  const files = one.medium.files(folder);
  assert.ok(files.length >= 2, 'a record and a key');
  one.medium.burn(folder);
  const next = await preparedStore(0, folder);
  assert.deepEqual(next.medium.files(folder), files);
  const [file] = files;
  next.medium.flip(file ?? '', 0);
  const third = await preparedStore(0, folder);
  assert.notEqual(third.medium.peek(file ?? '')[0], next.medium.peek(file ?? '')[0]);
});

test('tables that come back are empty for the next', async () => {
  const tables = await takeTables();
  await tables.transact((rows) =>
    rows
      .insertInto('log_entries')
      .values({ leaf_index: 0, entry_hash: new Uint8Array(32) })
      .execute(),
  );
  giveTables(tables);
  const again = await takeTables();
  assert.equal(again, tables);
  const rows = await again.kysely.selectFrom('log_entries').selectAll().execute();
  assert.equal(rows.length, 0);
});
