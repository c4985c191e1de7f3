// The same promises as of a file, kept by PostgreSQL: started here, for real.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { KuraError, must } from '@kura/base';
import { findPostgres, startPostgres, type TestPostgres } from '@kura/testing/postgres.ts';
import { type Kysely, sql } from 'kysely';
import type { Database, Migration } from './database.ts';
import { openDatabase } from './open-database.ts';

interface Tables {
  counters: { name: string; value: number; seen_ms: number; bytes: Uint8Array };
}

const counters: Migration = {
  name: 'counters',
  statements: ({ bytesType, integerType }) => [
    `create table counters (name text primary key, value ${integerType} not null,
       seen_ms ${integerType} not null, bytes ${bytesType} not null)`,
  ],
};
const more: Migration = { name: 'more', statements: () => ['create table more (name text)'] };

const isCode = (code: KuraError['code']) => (error: unknown) =>
  (error instanceof KuraError && error.code === code) || assert.fail(String(error));

const skip = findPostgres() === undefined ? 'no PostgreSQL server is installed' : false;

describe('tables in PostgreSQL', { skip }, () => {
  let server: TestPostgres;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.close());

  const open = (path: string, migrations = [counters]): Promise<Database<Tables>> =>
    openDatabase<Tables>({ path, migrations });

  async function withCounter(): Promise<{ database: Database<Tables>; path: string }> {
    const path = server.newDatabase();
    const database = await open(path);
    const first = { name: 'one', value: 0, seen_ms: 2 ** 52, bytes: new Uint8Array([0, 255]) };
    await database.transact((rows) => rows.insertInto('counters').values(first).execute());
    return { database, path };
  }

  test('what was written comes back in the same types', async () => {
    const { database } = await withCounter();
    const row = await database.kysely.selectFrom('counters').selectAll().executeTakeFirst();
    const expected = { name: 'one', value: 0, seen_ms: 2 ** 52, bytes: new Uint8Array([0, 255]) };
    assert.deepEqual(row, expected);
    database.close();
  });

  test('no update is lost among many at once, over several connections', async () => {
    const { database, path } = await withCounter();
    const other = await open(path);
    const addOne = (tables: Database<Tables>) =>
      tables.transact(async (rows) => {
        const { value } = await rows
          .selectFrom('counters')
          .select('value')
          .where('name', '=', 'one')
          .executeTakeFirstOrThrow();
        await rows
          .updateTable('counters')
          .set({ value: value + 1 })
          .execute();
      });
    const all = Array.from({ length: 12 }, (_, index) =>
      addOne(index % 2 === 0 ? database : other),
    );
    const done = await Promise.allSettled(all);
    const failed = done.filter((result) => result.status === 'rejected');
    for (const { reason } of failed) assert.ok(isCode('busy')(reason));
    const row = await other.kysely.selectFrom('counters').select('value').executeTakeFirst();
    assert.equal(row?.value, all.length - failed.length);
    assert.ok(failed.length < all.length);
    database.close();
    other.close();
  });

  test('a long transaction gets through, though short ones on the same row come back at once', async () => {
    const { database } = await withCounter();
    let isThrough = false;
    const addOne = async (rows: Kysely<Tables>): Promise<void> => {
      const added = rows.updateTable('counters').set(({ eb }) => ({ value: eb('value', '+', 1) }));
      await added.execute();
    };
    const long = database.transact(async (rows) => {
      await rows.selectFrom('counters').selectAll().execute();
      await sql`select pg_sleep(0.1)`.execute(rows);
      await addOne(rows);
    });
    let short = 0;
    const lane = async (): Promise<void> => {
      while (!isThrough) {
        await database.transact(addOne);
        short++;
      }
    };
    const through = long.finally(() => {
      isThrough = true;
    });
    await Promise.allSettled([through, lane(), lane(), lane()]);
    await long;
    const row = await database.kysely.selectFrom('counters').select('value').executeTakeFirst();
    assert.equal(row?.value, short + 1);
    database.close();
  });

  test('a transaction that throws leaves nothing, and none is begun inside another', async () => {
    const { database } = await withCounter();
    const failing = database.transact(async (rows) => {
      await rows.updateTable('counters').set({ value: 9 }).execute();
      throw new Error('no');
    });
    await assert.rejects(failing, /no/);
    const nested = database.transact(() => database.transact(async () => undefined));
    await assert.rejects(nested, /inside another one/);
    const inside = database.read(async () => database.kysely);
    await assert.rejects(inside, /only its own rows/);
    const row = await database.kysely.selectFrom('counters').select('value').executeTakeFirst();
    assert.equal(row?.value, 0);
    database.close();
  });

  test('a reading sees one moment and writes nothing', async () => {
    const { database } = await withCounter();
    await database.read(async (rows) => {
      const read = () => rows.selectFrom('counters').select('value').executeTakeFirstOrThrow();
      const before = await read();
      await sql`select 1`.execute(rows);
      assert.deepEqual(await read(), before);
    });
    const writing = database.read((rows) => rows.deleteFrom('counters').execute());
    await assert.rejects(writing, /read-only/);
    database.close();
  });

  test('migrations run forward once, also when two programs start at once; newer tables are refused', async () => {
    const path = server.newDatabase();
    const both = await Promise.all([open(path), open(path)]);
    for (const database of both) database.close();
    (await open(path, [counters, more])).close();
    await assert.rejects(open(path), isCode('unsupported'));
  });

  test('a server that is not there, or lets nobody in, is told apart', async () => {
    await assert.rejects(
      open('postgres://nobody:secret@localhost/none?host=%2Fnowhere'),
      (error) => isCode('unreachable')(error) && !String(error).includes('secret'),
    );
    const missing = server.newDatabase().replace(/kura_\d+/, 'kura_none');
    await assert.rejects(open(missing), isCode('missing'));
    const { database } = await withCounter();
    const now = await sql<{ readonly now: number }>`select ${sql.raw(
      database.capabilities.nowMs,
    )} as now`.execute(database.kysely);
    assert.ok(Number.isSafeInteger(must(now.rows[0], 'a row').now));
    database.close();
  });
});
