// The tables in one SQLite file, which several processes may have open at once. Readers never wait.
// Writers take turns: a transaction takes the write lock before it reads, so it cannot fail half-way
// because somebody else wrote; who does not get the lock within the limit gets `busy`.
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { assert, KuraError } from '@kura/base';
import type { Kysely } from 'kysely';
import type { Capabilities, Database, Migration, Work } from './database.ts';
import { migrate, needsMigration } from './migrate.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import { damaged, isBusy } from './sqlite-error.ts';

/**
 * Times that a transaction asks for the write lock; each time SQLite waits up to 50 ms, so about
 * 15 s in all. Fewer: several agents at once fail needlessly. More: a hung process hangs the others.
 */
export const MAX_BUSY_ATTEMPTS = 300;

export const SQLITE_CAPABILITIES: Capabilities = {
  bytesType: 'blob',
  integerType: 'integer',
  realType: 'real',
  hexOf: (bytes) => `lower(hex(${bytes}))`,
  nowMs: "cast(unixepoch('now', 'subsec') * 1000 as integer)",
  tableSuffix: 'without rowid',
  parallelWriters: false,
  maxParameters: 32_766,
};

export interface SqliteTablesOptions {
  readonly migrations: readonly Migration[];
  readonly busyAttempts: number;
}

export class SqliteTables<Tables> implements Database<Tables> {
  readonly capabilities = SQLITE_CAPABILITIES;
  readonly #connection: SqliteConnection;
  readonly #busyAttempts: number;
  readonly #inside = new AsyncLocalStorage<boolean>();
  #kysely: Kysely<Tables> | undefined;

  private constructor(connection: SqliteConnection, busyAttempts: number) {
    this.#connection = connection;
    this.#busyAttempts = busyAttempts;
  }

  static async open<Tables>(
    connection: SqliteConnection,
    { migrations, busyAttempts }: SqliteTablesOptions,
  ): Promise<SqliteTables<Tables>> {
    const tables = new SqliteTables<Tables>(connection, busyAttempts);
    await tables.#untilFree(() => connection.configure());
    if (needsMigration(connection, migrations)) {
      await tables.#between('begin immediate', async () => {
        migrate(connection, migrations, tables.capabilities);
      });
    }
    return tables;
  }

  get path(): string {
    return this.#connection.path;
  }

  get kysely(): Kysely<Tables> {
    // Otherwise the query would wait for the transaction that waits for it.
    assert(!this.#isInside, 'inside a transaction only its own rows may be used');
    return this.#builder;
  }

  get #isInside(): boolean {
    return this.#inside.getStore() === true;
  }

  get #builder(): Kysely<Tables> {
    if (this.#kysely !== undefined) return this.#kysely;
    const { Kysely, SqliteDialect } = loadKysely();
    const dialect = new SqliteDialect({ database: this.#connection });
    this.#kysely = new Kysely<Tables>({ dialect });
    return this.#kysely;
  }

  transact<Result>(work: Work<Tables, Result>): Promise<Result> {
    return this.#alone((rows) => this.#between('begin immediate', () => work(rows)));
  }

  read<Result>(work: Work<Tables, Result>): Promise<Result> {
    return this.#alone((rows) => this.#between('begin', () => work(rows)));
  }

  async #alone<Result>(work: Work<Tables, Result>): Promise<Result> {
    assert(!this.#isInside, 'a transaction was begun inside another one');
    return this.#inside.run(true, () => this.#builder.connection().execute(work));
  }

  async #between<Result>(begin: string, work: () => Promise<Result>): Promise<Result> {
    await this.#untilFree(() => this.#connection.exec(begin));
    try {
      const result = await work();
      this.#connection.exec('commit');
      return result;
    } finally {
      // After a full disk SQLite has rolled back by itself.
      if (this.#connection.inTransaction) this.#connection.exec('rollback');
    }
  }

  /** Other work of this process goes on between the attempts. */
  async #untilFree(work: () => void): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        work();
        return;
      } catch (error) {
        if (!isBusy(error)) throw error;
        if (attempt >= this.#busyAttempts) {
          throw new KuraError('busy', `another process is writing to ${this.path}`, {
            guidance: 'Wait until it has finished and run it again.',
            cause: error,
          });
        }
      }
      await new Promise((resume) => setImmediate(resume));
    }
  }

  checkIntegrity(): void {
    const [row] = this.#connection.rows('pragma quick_check(1)');
    const verdict = row === undefined ? 'no answer' : String(Object.values(row)[0]);
    if (verdict !== 'ok') throw damaged(this.path, verdict);
  }

  close(): void {
    this.#connection.close();
  }
}

/**
 * Through `require`: Kysely's 280 files load in half the time that they take as ES modules, and not
 * before the first query.
 */
function loadKysely(): typeof import('kysely') {
  return createRequire(import.meta.url)('kysely');
}
