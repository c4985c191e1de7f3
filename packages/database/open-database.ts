// Opens the tables in a file, or founds them. A new file is for its owner's eyes only, and its name is
// durable before anything refers to it.
import { closeSync, fsyncSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { asKuraError, KuraError } from '@kura/base';
import type { Database, Migration } from './database.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { MAX_BUSY_ATTEMPTS, SqliteTables } from './sqlite-database.ts';

/** A database that ends with the process. */
export const IN_MEMORY = ':memory:';

export interface OpenDatabaseOptions {
  /** A file, `IN_MEMORY`, or "postgres://…": the only place that tells the two databases apart. */
  readonly path: string;
  readonly migrations: readonly Migration[];
  /** What to do where there is no file: default `create`; `refuse` throws `missing`. */
  readonly absent?: 'create' | 'refuse';
  /** How often a transaction asks for the write lock, 50 ms each time, before it is `busy`. */
  readonly busyAttempts?: number;
}

/**
 * Throws `missing`, `corrupt` (damaged, or no database), `refused` (of another program),
 * `unsupported` (from a newer Kura), `busy` or `io`; of a server also `unreachable`.
 */
export async function openDatabase<Tables>(
  options: OpenDatabaseOptions,
): Promise<Database<Tables>> {
  if (/^postgres(?:ql)?:/.test(options.path)) {
    const { PostgresTables } = await import('./postgres-database.ts');
    return await PostgresTables.open<Tables>(options.path, options.migrations);
  }
  if (options.path !== IN_MEMORY && !isThere(options.path)) {
    if (options.absent === 'refuse') {
      throw new KuraError('missing', `there are no tables at ${options.path}`);
    }
    createPrivately(options.path);
  }
  const connection = new SqliteConnection(options.path);
  try {
    const { migrations, busyAttempts = MAX_BUSY_ATTEMPTS } = options;
    return await SqliteTables.open<Tables>(connection, { migrations, busyAttempts });
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** A disk that does not answer is an error: it must not look as if there were no network. */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw asKuraError(error, `the tables in ${path} cannot be read`);
  }
}

function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600));
    const folder = openSync(dirname(path), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch (error) {
    throw asKuraError(error, `the tables cannot be created at ${path}`);
  }
}
