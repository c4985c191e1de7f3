// Tables in real files: durable, shared by processes, moved forward only, and typed when they fail.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AssertionError, KuraError } from '@kura/base';
import { type Database, IN_MEMORY, type Migration, openDatabase, transact } from './index.ts';

interface Tables {
  counters: { readonly name: string; readonly value: number };
}

const FIRST: Migration = {
  name: 'counters',
  statements: ({ integerType }) => [
    `create table counters (name text primary key, value ${integerType} not null)`,
  ],
};
const SECOND: Migration = {
  name: 'a start',
  statements: () => ["insert into counters values ('start', 1)"],
};

const folder = mkdtempSync(join(tmpdir(), 'kura-database-'));
after(() => rmSync(folder, { recursive: true }));

function open(name: string, migrations: readonly Migration[] = [FIRST]): Promise<Database<Tables>> {
  return openDatabase<Tables>({ path: join(folder, name), migrations });
}

function refusal(code: string, guidance?: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof KuraError, String(error));
    assert.equal(error.code, code);
    if (guidance !== undefined) assert.match(error.guidance ?? '', guidance);
    return true;
  };
}

async function add(database: Database<Tables>, name: string, value = 1): Promise<void> {
  await transact(database, (rows) => rows.insertInto('counters').values({ name, value }).execute());
}

async function names(database: Database<Tables>): Promise<string[]> {
  const all = await database.kysely.selectFrom('counters').select('name').orderBy('name').execute();
  return all.map((row) => row.name);
}

test('a transaction is kept whole, and is there when the file is opened again', async () => {
  const first = await open('kept.db');
  await add(first, 'a');
  first.close();
  const second = await open('kept.db');
  assert.deepEqual(await names(second), ['a']);
  second.checkIntegrity();
  second.close();
});

test('a transaction that throws leaves nothing, and the next one works', async () => {
  const database = await openDatabase<Tables>({ path: IN_MEMORY, migrations: [FIRST] });
  const failing = transact(database, async (rows) => {
    await rows.insertInto('counters').values({ name: 'half', value: 1 }).execute();
    throw new Error('stop');
  });
  await assert.rejects(failing, /stop/);
  await add(database, 'whole');
  assert.deepEqual(await names(database), ['whole']);
  database.close();
});

test('transactions of one connection take turns, and do not nest', async () => {
  const database = await openDatabase<Tables>({ path: IN_MEMORY, migrations: [FIRST] });
  await add(database, 'counter', 0);
  const increment = () =>
    transact(database, async (rows) => {
      const { value } = await rows.selectFrom('counters').selectAll().executeTakeFirstOrThrow();
      await new Promise((resume) => setImmediate(resume));
      await rows
        .updateTable('counters')
        .set({ value: value + 1 })
        .execute();
    });
  await Promise.all(Array.from({ length: 20 }, increment));
  const row = await database.kysely.selectFrom('counters').selectAll().executeTakeFirstOrThrow();
  assert.equal(row.value, 20);
  const nested = transact(database, () => transact(database, async () => undefined));
  await assert.rejects(nested, AssertionError);
  const around = transact(database, () => names(database));
  await assert.rejects(around, AssertionError);
  database.close();
});

test('a file that cannot grow keeps what it had, and goes on when there is room', async () => {
  const database = await open('full.db');
  await add(database, 'before');
  const { CompiledQuery } = await import('kysely');
  const allow = (pages: number) =>
    database.kysely.executeQuery(CompiledQuery.raw(`pragma max_page_count = ${pages}`));
  await allow(8);
  await assert.rejects(add(database, 'x'.repeat(100_000)), refusal('no_space', /Free some space/));
  assert.deepEqual(await names(database), ['before']);
  await allow(1_000_000);
  await add(database, 'x'.repeat(100_000));
  assert.equal((await names(database)).length, 2);
  database.close();
});

test('a broken constraint is a fault of the program and is not dressed up', async () => {
  const database = await openDatabase<Tables>({ path: IN_MEMORY, migrations: [FIRST] });
  await add(database, 'once');
  await assert.rejects(add(database, 'once'), (error) => !(error instanceof KuraError));
  database.close();
});

test('the pragmas that durability rests on are set', async () => {
  const database = await open('pragmas.db');
  const pragma = async (name: string): Promise<unknown> => {
    const { CompiledQuery } = await import('kysely');
    const { rows } = await database.kysely.executeQuery(CompiledQuery.raw(`pragma ${name}`));
    return Object.values(rows[0] as object)[0];
  };
  assert.equal(await pragma('journal_mode'), 'wal');
  assert.equal(await pragma('synchronous'), 2);
  assert.equal(await pragma('foreign_keys'), 1);
  database.close();
  assert.equal(statSync(join(folder, 'pragmas.db')).mode & 0o777, 0o600);
});

test('migrations run forward once, from wherever a file stands', async () => {
  (await open('forward.db', [FIRST])).close();
  (await open('forward.db', [FIRST, SECOND])).close();
  const again = await open('forward.db', [FIRST, SECOND]);
  assert.deepEqual(await names(again), ['start']);
  again.close();
});

test('a migration that fails leaves the file as it was', async () => {
  (await open('broken.db', [FIRST])).close();
  const broken: Migration = {
    name: 'broken',
    statements: () => ["insert into counters values ('half', 1)", 'not SQL'],
  };
  await assert.rejects(open('broken.db', [FIRST, broken]), /syntax error/);
  const after = await open('broken.db', [FIRST, SECOND]);
  assert.deepEqual(await names(after), ['start']);
  after.close();
});

test('a file from a newer Kura is refused with advice', async () => {
  (await open('newer.db', [FIRST, SECOND])).close();
  await assert.rejects(open('newer.db', [FIRST]), refusal('unsupported', /newest Kura/));
  const other = { ...SECOND, name: 'another second' };
  await assert.rejects(open('newer.db', [FIRST, other]), refusal('unsupported'));
});

test('what is missing, foreign, damaged or unwritable is told apart', async () => {
  const absent = {
    path: join(folder, 'absent.db'),
    migrations: [FIRST],
    absent: 'refuse',
  } as const;
  await assert.rejects(openDatabase(absent), refusal('missing'));
  writeFileSync(join(folder, 'text.db'), 'no database, but long enough to be looked at'.repeat(30));
  await assert.rejects(open('text.db'), refusal('corrupt', /kura recover/));
  const foreign = new (await import('node:sqlite')).DatabaseSync(join(folder, 'foreign.db'));
  foreign.exec('create table bookmarks (address text)');
  foreign.close();
  await assert.rejects(open('foreign.db'), refusal('refused'));
  await assert.rejects(open('no/such/folder.db'), refusal('missing'));
});

test('pages overwritten behind our back are corrupt, never wrong answers', async () => {
  const path = join(folder, 'flipped.db');
  const database = await open('flipped.db');
  for (let index = 0; index < 400; index++) await add(database, `${index} ${'x'.repeat(100)}`);
  database.close();
  const bytes = readFileSync(path);
  for (let at = 3 * 4096; at < bytes.length; at += 4096) bytes.fill(0xa5, at, at + 64);
  writeFileSync(path, bytes);
  const reopened = await open('flipped.db');
  await assert.rejects(names(reopened), refusal('corrupt', /kura recover/));
  assert.throws(() => reopened.checkIntegrity(), refusal('corrupt'));
  reopened.close();
});

test('queries of one reading see one moment, whatever is written meanwhile', async () => {
  const database = await open('moment.db');
  const writer = await open('moment.db');
  await add(database, 'a');
  const seen = await database.read(async (rows) => {
    const count = async () => (await rows.selectFrom('counters').selectAll().execute()).length;
    const before = await count();
    await add(writer, 'b');
    return [before, await count()];
  });
  assert.deepEqual(seen, [1, 1]);
  assert.deepEqual(await names(database), ['a', 'b']);
  writer.close();
  database.close();
});

// ── Several processes ─────────────────────────────────────────────────────────────────────────────

const MODULE = JSON.stringify(import.meta.resolve('./index.ts'));
const CHILD = `
  import { openDatabase, transact } from ${MODULE};
  const [path, mode] = process.argv.slice(2);
  const migrations = [{ name: 'counters', statements: () => [] }];
  const database = await openDatabase({ path, migrations });
  if (mode === 'hold') {
    await transact(database, async () => {
      process.stdout.write('held\\n');
      await new Promise((resume) => process.stdin.once('data', resume));
    });
  }
  for (let count = 0; mode === 'endless' || (mode === 'count' && count < 25); count++) {
    await transact(database, async (rows) => {
      const row = await rows.selectFrom('counters').selectAll().executeTakeFirstOrThrow();
      await rows.updateTable('counters').set({ value: row.value + 1 }).execute();
      await rows.insertInto('counters').values({ name: 'x' + (row.value + 1), value: 0 }).execute();
    });
    process.stdout.write('.');
  }
  process.stdin.destroy();
`;

function child(path: string, mode: string): ReturnType<typeof spawn> {
  const script = join(folder, 'child.mjs');
  writeFileSync(script, CHILD);
  return spawn(process.execPath, [script, path, mode], { stdio: ['pipe', 'pipe', 'inherit'] });
}

function ended(process: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolve) => process.once('close', (code) => resolve(code)));
}

async function counted(path: string): Promise<readonly [counter: number, rows: number]> {
  const database = await openDatabase<Tables>({ path, migrations: [FIRST] });
  database.checkIntegrity();
  const all = await database.kysely.selectFrom('counters').selectAll().execute();
  database.close();
  return [all.find((row) => row.name === 'n')?.value ?? -1, all.length - 1];
}

test('several processes write to one file, and no update is lost', async () => {
  const path = join(folder, 'shared.db');
  const database = await open('shared.db');
  await add(database, 'n', 0);
  database.close();
  const codes = await Promise.all([1, 2, 3].map(() => ended(child(path, 'count'))));
  assert.deepEqual(codes, [0, 0, 0]);
  assert.deepEqual(await counted(path), [75, 75]);
});

test('a process killed among its transactions loses none that it was told of', async () => {
  const path = join(folder, 'killed.db');
  const database = await open('killed.db');
  await add(database, 'n', 0);
  database.close();
  let told = 0;
  for (const goal of [3, 17, 40]) {
    const writer = child(path, 'endless');
    let seen = 0;
    writer.stdout?.on('data', (dots: Buffer) => {
      seen += dots.length;
      if (seen >= goal) writer.kill('SIGKILL');
    });
    await ended(writer);
    told += seen;
    const [counter, rows] = await counted(path);
    assert.equal(rows, counter, 'a transaction was torn');
    assert.ok(counter >= told, `${told} were told, ${counter} are there`);
    told = counter;
  }
});

test('who does not get the write lock is busy; reading goes on', async () => {
  const path = join(folder, 'held.db');
  const database = await openDatabase<Tables>({ path, migrations: [FIRST], busyAttempts: 2 });
  const holder = child(path, 'hold');
  await new Promise((resume) => holder.stdout?.once('data', resume));
  await assert.rejects(add(database, 'blocked'), refusal('busy'));
  assert.deepEqual(await names(database), []);
  holder.stdin?.write('go\n');
  assert.equal(await ended(holder), 0);
  await add(database, 'free');
  assert.deepEqual(await names(database), ['free']);
  database.close();
});
