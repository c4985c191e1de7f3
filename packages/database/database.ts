// An open set of tables: what its users see of it, whichever database lies below. It knows no table
// of its own; the noun that owns tables brings their types and its migrations.
import type { Kysely } from 'kysely';

/** What differs between databases, as data: no code asks which database it has. */
export interface Capabilities {
  /** Column type for bytes, in migrations. */
  readonly bytesType: 'blob' | 'bytea';
  /** Column type for whole numbers below 2^53, in migrations. */
  readonly integerType: 'integer' | 'bigint';
  /** Column type for 64-bit fractions, in migrations. */
  readonly realType: 'real' | 'double precision';
  /** Bytes as lower-case hex, in migrations. */
  readonly hexOf: (bytes: string) => string;
  /** The database's own time as an expression: whole milliseconds since 1970. */
  readonly nowMs: string;
  /** Ends `create table` for tables that are their own index. */
  readonly tableSuffix: '' | 'without rowid';
  /** Several processes may have these tables open; more than one may write at the same moment. */
  readonly parallelWriters: boolean;
  /** Bound parameters that one statement may have. */
  readonly maxParameters: number;
}

/** Statements that lead from one version to the next; the version is the number of migrations. */
export interface Migration {
  /** For people; also tells a foreign history from ours. Never changes once released. */
  readonly name: string;
  readonly statements: (capabilities: Capabilities) => readonly string[];
}

/** What runs inside a transaction, on the rows that it is given. */
export type Work<Tables, Result> = (rows: Kysely<Tables>) => Promise<Result>;

export interface Database<Tables> {
  readonly path: string;
  readonly capabilities: Capabilities;
  /** Built at first use. For single queries; whatever writes goes through `transact`. */
  readonly kysely: Kysely<Tables>;
  /** Runs `work` alone on this connection, between BEGIN and COMMIT or ROLLBACK. */
  transact<Result>(work: Work<Tables, Result>): Promise<Result>;
  /** Several queries that see one moment, whatever others write meanwhile. Takes no lock. */
  read<Result>(work: Work<Tables, Result>): Promise<Result>;
  /** Reads every page. Throws `corrupt` if one is damaged. */
  checkIntegrity(): void;
  close(): void;
}

/**
 * One transaction: all of `work` or nothing. `work` must use the rows it is given, must not wait for
 * anything but the database, and may run on its own only (transactions do not nest).
 */
export function transact<Tables, Result>(
  database: Database<Tables>,
  work: Work<Tables, Result>,
): Promise<Result> {
  return database.transact(work);
}
