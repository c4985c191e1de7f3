// One connection to one SQLite file: statements kept prepared, errors typed. It is also what Kysely's
// SQLite dialect asks for, so that no other package knows node:sqlite.
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { asDatabaseError } from './sqlite-error.ts';

/** Fewer: statements are parsed again. More: memory, as each holds its program. */
const MAX_PREPARED_STATEMENTS = 128;
/** How long SQLite itself waits for another process's lock: the thread sleeps meanwhile. */
const BUSY_TIMEOUT_MS = 50;
/** The write-ahead log is cut to this after a large transaction. */
const MAX_LOG_BYTES = 64 * 1024 * 1024;
/**
 * Pages of the log before they go into the file. Fewer: 500 packs of 200,000, which lie on a thousand pages, cost a
 * third more, because each change pays for its own. More: a longer log to read after a kill.
 */
const CHECKPOINT_PAGES = 8192;

export class SqliteConnection implements SqliteDatabase {
  readonly path: string;
  readonly #file: DatabaseSync;
  readonly #prepared = new Map<string, Statement>();

  constructor(path: string) {
    this.path = path;
    this.#file = this.typed(
      () => new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true }),
    );
  }

  /** Durable and shared: a commit is on the medium, readers never wait for a writer. */
  configure(): void {
    this.exec('pragma journal_mode = wal');
    this.exec('pragma synchronous = full; pragma fullfsync = on; pragma checkpoint_fullfsync = on');
    this.exec(`pragma journal_size_limit = ${MAX_LOG_BYTES}`);
    this.exec(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    this.exec('pragma trusted_schema = off; pragma cell_size_check = on');
  }

  exec(sql: string): void {
    this.typed(() => this.#file.exec(sql));
  }

  rows(sql: string, parameters: readonly unknown[] = []): Record<string, unknown>[] {
    return this.prepare(sql).all(parameters) as Record<string, unknown>[];
  }

  get inTransaction(): boolean {
    return this.#file.isTransaction;
  }

  /** The statement, parsed once; the one that was not used for longest makes room. */
  prepare(sql: string): Statement {
    const known = this.#prepared.get(sql);
    if (known !== undefined) {
      this.#prepared.delete(sql);
      this.#prepared.set(sql, known);
      return known;
    }
    const statement = this.typed(() => new Statement(this.#file.prepare(sql), this));
    this.#prepared.set(sql, statement);
    if (this.#prepared.size > MAX_PREPARED_STATEMENTS) {
      for (const oldest of this.#prepared.keys()) {
        this.#prepared.delete(oldest);
        break;
      }
    }
    return statement;
  }

  close(): void {
    this.#prepared.clear();
    if (this.#file.isOpen) this.typed(() => this.#file.close());
  }

  typed<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw asDatabaseError(error, this.path);
    }
  }
}

class Statement implements SqliteStatement {
  readonly reader: boolean;
  readonly #statement: StatementSync;
  readonly #connection: SqliteConnection;

  constructor(statement: StatementSync, connection: SqliteConnection) {
    this.#statement = statement;
    this.#connection = connection;
    this.reader = statement.columns().length > 0;
  }

  all(parameters: readonly unknown[]): unknown[] {
    return this.#connection.typed(() => this.#statement.all(...(parameters as SQLInputValue[])));
  }

  run(parameters: readonly unknown[]): {
    changes: number | bigint;
    lastInsertRowid: number | bigint;
  } {
    return this.#connection.typed(() => this.#statement.run(...(parameters as SQLInputValue[])));
  }

  iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    return this.#connection.typed(() =>
      this.#statement.iterate(...(parameters as SQLInputValue[])),
    );
  }
}
