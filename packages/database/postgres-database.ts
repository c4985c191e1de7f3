// The tables in PostgreSQL, which any number of programs on any number of machines may have open at once.
// Transactions are serialisable: one that another got in the way of is run again from its start, which is why a
// transaction touches rows and nothing else. What loses often passes alone, or whoever comes back quickly would win
// for ever.
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { assert, KuraError, pause, SECOND_MS, systemAlarmClock } from '@kura/base';
import type { Kysely } from 'kysely';
import type pg from 'pg';
import type { Capabilities, Database, Migration, Work } from './database.ts';
import { Passage } from './passage.ts';
import { asPostgresError, isConflict } from './postgres-error.ts';
import { migratePostgres } from './postgres-migrate.ts';

/** More would only queue inside the server; fewer hold up calls of a busy program. */
const MAX_CONNECTIONS = 16;
const CONNECT_MS = 10 * SECOND_MS;
const STATEMENT_MS = 30 * SECOND_MS;
/** Tries of one transaction beside others of this program. */
const TRIES_BESIDE_OTHERS = 3;
/** In all; more of them means that something is wrong with how work is cut. */
const MAX_TRIES = 10;
/** Before the second try; nine times as long before the fourth: whoever got in the way is done by then. */
const PAUSE_MS = 2;

export const POSTGRES_CAPABILITIES: Capabilities = {
  bytesType: 'bytea',
  integerType: 'bigint',
  realType: 'double precision',
  hexOf: (bytes) => `encode(${bytes}, 'hex')`,
  nowMs: '(extract(epoch from clock_timestamp()) * 1000)::bigint',
  tableSuffix: '',
  parallelWriters: true,
  maxParameters: 65_535,
};

const INT8 = 20;
const BYTEA = 17;

/** A conflict: another transaction got in the way, and nothing was written. */
type Tried<Result> = { readonly result: Result } | { readonly conflict: unknown };

export class PostgresTables<Tables> implements Database<Tables> {
  readonly capabilities = POSTGRES_CAPABILITIES;
  /** Where they are, without anything secret. */
  readonly path: string;
  readonly #pool: pg.Pool;
  readonly #builder: Kysely<Tables>;
  readonly #inside = new AsyncLocalStorage<boolean>();
  readonly #passage = new Passage();

  private constructor(pool: pg.Pool, path: string) {
    const { Kysely, PostgresDialect } = load('kysely');
    this.path = path;
    this.#pool = pool;
    this.#builder = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  }

  /** Throws `unreachable`, `refused`, `missing`, `unsupported`. */
  static async open<Tables>(
    url: string,
    migrations: readonly Migration[],
  ): Promise<PostgresTables<Tables>> {
    const path = withoutSecrets(url);
    const pool = openPool(url);
    try {
      await migratePostgres(pool, migrations, { capabilities: POSTGRES_CAPABILITIES, path });
    } catch (error) {
      await pool.end();
      throw asPostgresError(error, path);
    }
    return new PostgresTables<Tables>(pool, path);
  }

  get kysely(): Kysely<Tables> {
    assert(this.#inside.getStore() !== true, 'inside a transaction only its own rows may be used');
    return this.#builder;
  }

  transact<Result>(work: Work<Tables, Result>): Promise<Result> {
    return this.#alone(async () => {
      for (let tries = 1; tries <= TRIES_BESIDE_OTHERS; tries++) {
        const tried = await this.#passage.besideOthers(() => this.#try(work));
        if ('result' in tried) return tried.result;
        await pause(systemAlarmClock, PAUSE_MS * tries ** 2);
      }
      return await this.#passage.alone(() => this.#insist(work));
    });
  }

  /** Others of this program wait: only another program gets in the way. Throws `busy` after the last try. */
  async #insist<Result>(work: Work<Tables, Result>): Promise<Result> {
    for (let tries = TRIES_BESIDE_OTHERS + 1; ; tries++) {
      const tried = await this.#try(work);
      if ('result' in tried) return tried.result;
      if (tries === MAX_TRIES) throw this.#busy(tried.conflict);
      await pause(systemAlarmClock, PAUSE_MS * tries ** 2);
    }
  }

  async #try<Result>(work: Work<Tables, Result>): Promise<Tried<Result>> {
    const transaction = this.#builder.transaction().setIsolationLevel('serializable');
    try {
      return { result: await transaction.execute(work) };
    } catch (error) {
      if (!isConflict(error)) throw asPostgresError(error, this.path);
      return { conflict: error };
    }
  }

  read<Result>(work: Work<Tables, Result>): Promise<Result> {
    return this.#alone(async () => {
      try {
        return await this.#builder
          .transaction()
          .setIsolationLevel('repeatable read')
          .setAccessMode('read only')
          .execute(work);
      } catch (error) {
        throw asPostgresError(error, this.path);
      }
    });
  }

  /** Whoever runs the server checks its pages. */
  checkIntegrity(): void {
    throw new KuraError('unsupported', 'the tables in PostgreSQL are checked by its own tools', {
      guidance: 'Run pg_amcheck there.',
    });
  }

  close(): void {
    void this.#pool.end();
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    assert(this.#inside.getStore() !== true, 'a transaction was begun inside another one');
    return this.#inside.run(true, work);
  }

  #busy(cause: unknown): KuraError {
    return new KuraError('busy', `others write to the same rows of the tables at ${this.path}`, {
      guidance: 'Try again in a moment.',
      cause,
    });
  }
}

function openPool(url: string): pg.Pool {
  const { Pool, types } = load('pg');
  const pool = new Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    // What keeps a program alive is its listener, not a connection that rests.
    allowExitOnIdle: true,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') => {
        if (oid === INT8) return readWhole;
        return oid === BYTEA ? readBytes : types.getTypeParser(oid, format as 'text');
      },
    },
  });
  // An idle connection that breaks is replaced by the pool; whoever used it hears of it by itself.
  pool.on('error', () => undefined);
  return pool;
}

function readWhole(text: string): number {
  const value = Number(text);
  assert(Number.isSafeInteger(value), 'a number of the tables is below 2^53');
  return value;
}

/** "\x…" */
function readBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
}

function withoutSecrets(url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? hostname;
  return `${host}${port === '' ? '' : `:${port}`}${pathname}`;
}

/** Through `require`, and not before a network of PostgreSQL is opened: an agent loads neither. */
function load(name: 'kysely'): typeof import('kysely');
function load(name: 'pg'): typeof import('pg');
function load(name: string): unknown {
  return createRequire(import.meta.url)(name);
}
