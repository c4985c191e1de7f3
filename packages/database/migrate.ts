// Tables move forward only. The version of a file is the number of migrations in its own table; a
// file from a newer Kura is refused, because nobody can know what an older one would break in it.
import { KuraError } from '@kura/base';
import type { Capabilities, Migration } from './database.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import { damaged } from './sqlite-error.ts';

export const MIGRATIONS_TABLE = 'kura_migrations';

/** Names of the migrations that the file has seen, oldest first. Empty for a new file. */
export function appliedMigrations(connection: SqliteConnection): readonly string[] {
  const tables = connection.rows("select name from sqlite_schema where type = 'table'");
  if (tables.length === 0) return [];
  if (!tables.some((table) => table.name === MIGRATIONS_TABLE)) {
    throw new KuraError('refused', `${connection.path} is a database of another program`, {
      guidance: 'Name another file; this one is left as it is.',
    });
  }
  const rows = connection.rows(`select number, name from ${MIGRATIONS_TABLE} order by number`);
  return rows.map((row, index) => {
    if (row.number !== index + 1) throw damaged(connection.path, 'a version is missing');
    return String(row.name);
  });
}

/** Throws `unsupported` if the tables have seen something that `migrations` does not know. */
export function checkHistory(
  applied: readonly string[],
  migrations: readonly Migration[],
  path: string,
): void {
  for (const [index, name] of applied.entries()) {
    if (migrations[index]?.name === name) continue;
    throw new KuraError(
      'unsupported',
      `the tables in ${path} are at version ${applied.length} ("${name}"), ` +
        `this Kura knows ${migrations.length}`,
      { guidance: 'Run the newest Kura that has been used with this network, or a newer one.' },
    );
  }
}

/** True if `migrations` would change the file. Throws `unsupported` if the file is newer. */
export function needsMigration(
  connection: SqliteConnection,
  migrations: readonly Migration[],
): boolean {
  const applied = appliedMigrations(connection);
  checkHistory(applied, migrations, connection.path);
  return applied.length < migrations.length;
}

/** Brings the file to the last version. The caller holds the write lock and commits. */
export function migrate(
  connection: SqliteConnection,
  migrations: readonly Migration[],
  capabilities: Capabilities,
): void {
  if (!needsMigration(connection, migrations)) return;
  const from = appliedMigrations(connection).length;
  if (from === 0) {
    connection.exec(
      `create table ${MIGRATIONS_TABLE} (number integer primary key, name text not null)`,
    );
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < from) continue;
    for (const statement of migration.statements(capabilities)) connection.exec(statement);
    const insert = connection.prepare(
      `insert into ${MIGRATIONS_TABLE} (number, name) values (?, ?)`,
    );
    insert.run([index + 1, migration.name]);
  }
}
