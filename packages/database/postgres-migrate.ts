// Brings tables in PostgreSQL to their newest version, by one program at a time.
import type pg from 'pg';
import type { Capabilities, Migration } from './database.ts';
import { checkHistory, MIGRATIONS_TABLE } from './migrate.ts';

/** Any number that nobody else uses for an advisory lock. */
const LOCK = 0x6b_75_72_61;

export interface Place {
  readonly capabilities: Capabilities;
  /** For messages. */
  readonly path: string;
}

export async function migratePostgres(
  pool: pg.Pool,
  migrations: readonly Migration[],
  { capabilities, path }: Place,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [LOCK]);
    await client.query(
      `create table if not exists ${MIGRATIONS_TABLE} (number integer primary key, name text not null)`,
    );
    const applied = await client.query<{ readonly name: string }>(
      `select name from ${MIGRATIONS_TABLE} order by number`,
    );
    const names = applied.rows.map((row) => row.name);
    checkHistory(names, migrations, path);
    for (const [index, migration] of migrations.entries()) {
      if (index < names.length) continue;
      for (const statement of migration.statements(capabilities)) await client.query(statement);
      const insert = `insert into ${MIGRATIONS_TABLE} (number, name) values ($1, $2)`;
      await client.query(insert, [index + 1, migration.name]);
    }
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}
