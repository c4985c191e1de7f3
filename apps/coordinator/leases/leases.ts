// Background work that one program of the network does at a time: a named lease in the tables, by the database's
// clock. Whoever holds it writes its epoch into every transaction, so that one that was thought dead and wakes up
// writes nothing any more.
import { KuraError, Turns } from '@kura/base';
import { transact } from '@kura/database';
import { sql } from 'kysely';
import type { CoordinatorDatabase, Rows } from '../db/tables.ts';
import { isOpen, LEASE_MS } from './lease-time.ts';
import { type PartedWork, takeParts } from './parts.ts';

export interface LeasesParts {
  readonly database: CoordinatorDatabase;
  /** Random: names this process. */
  readonly holder: string;
}

/** What this program does of work that several share. */
export interface LeaseShare {
  /** By part. */
  readonly leases: ReadonlyMap<string, Lease>;
  /** Programs that are at it, with this one. */
  readonly programs: number;
}

export class Leases {
  readonly #database: CoordinatorDatabase;
  readonly #holder: string;
  /** By name: what this process does under one lease would only get in its own way, all of it locks one row. */
  readonly #turns = new Map<string, Turns>();

  constructor({ database, holder }: LeasesParts) {
    this.#database = database;
    this.#holder = holder;
  }

  /** Takes or renews it; undefined while somebody else holds it. */
  async take(name: string): Promise<Lease | undefined> {
    const turns = this.#turnsOf(name);
    const epoch = await turns.take(() =>
      transact(this.#database, (rows) => this.#take(rows, name)),
    );
    return epoch === undefined ? undefined : this.#leaseOf(name, epoch);
  }

  /** Takes and renews as many parts as are this program's share; gives away what is above it and not busy. */
  async takeShare(work: PartedWork): Promise<LeaseShare> {
    const { epochs, programs } = await transact(this.#database, async (rows) => {
      const nowMs = await databaseNowMs(this.#database, rows);
      return takeParts(rows, work, { holder: this.#holder, nowMs });
    });
    const leases = [...epochs].map(([part, epoch]): [string, Lease] => [
      part,
      this.#leaseOf(`${work.work}/${part}`, epoch),
    ]);
    return { leases: new Map(leases), programs };
  }

  /** All that this process holds: others need not wait for their end. */
  async giveBack(): Promise<void> {
    await transact(this.#database, async (rows) => {
      await rows
        .updateTable('leases')
        .set({ until_ms: 0 })
        .where('holder', '=', this.#holder)
        .execute();
    });
  }

  #leaseOf(name: string, epoch: number): Lease {
    return new Lease(this.#database, { name, epoch, turns: this.#turnsOf(name) });
  }

  #turnsOf(name: string): Turns {
    const turns = this.#turns.get(name) ?? new Turns();
    this.#turns.set(name, turns);
    return turns;
  }

  async #take(rows: Rows, name: string): Promise<number | undefined> {
    const nowMs = await databaseNowMs(this.#database, rows);
    const row = await rows
      .selectFrom('leases')
      .selectAll()
      .where('name', '=', name)
      .executeTakeFirst();
    const untilMs = nowMs + LEASE_MS;
    if (row === undefined) {
      const first = { name, holder: this.#holder, epoch: 1, until_ms: untilMs };
      await rows.insertInto('leases').values(first).execute();
      return 1;
    }
    const isMine = row.holder === this.#holder;
    if (!isMine && !isOpen(row, nowMs)) return undefined;
    const epoch = isMine ? row.epoch : row.epoch + 1;
    await rows
      .updateTable('leases')
      .set({ holder: this.#holder, epoch, until_ms: untilMs })
      .where('name', '=', name)
      .execute();
    return epoch;
  }
}

interface Held {
  readonly name: string;
  readonly epoch: number;
  /** Of all transactions of this process under this name. */
  readonly turns: Turns;
}

export class Lease {
  readonly name: string;
  readonly epoch: number;
  readonly #database: CoordinatorDatabase;
  readonly #turns: Turns;

  constructor(database: CoordinatorDatabase, { name, epoch, turns }: Held) {
    this.#database = database;
    this.name = name;
    this.epoch = epoch;
    this.#turns = turns;
  }

  /** One transaction of the work. Throws `interrupted` if the lease is somebody else's by now. */
  transact<Result>(work: (rows: Rows) => Promise<Result>): Promise<Result> {
    return this.#turns.take(() =>
      transact(this.#database, async (rows) => {
        await this.#assert(rows);
        return work(rows);
      }),
    );
  }

  async #assert(rows: Rows): Promise<void> {
    const { name, epoch } = this;
    // An update of nothing: it locks the row until the transaction ends.
    const { numUpdatedRows } = await rows
      .updateTable('leases')
      .set({ epoch })
      .where('name', '=', name)
      .where('epoch', '=', epoch)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows > 0n) return;
    throw new KuraError('interrupted', `the lease ${name} is held by another program by now`);
  }
}

/** The one clock that all programs of a network share. */
export async function databaseNowMs(database: CoordinatorDatabase, rows: Rows): Promise<number> {
  const now = sql<number>`${sql.raw(database.capabilities.nowMs)}`;
  const { rows: found } = await sql<{ readonly now: number }>`select ${now} as now`.execute(rows);
  return Number(found[0]?.now);
}
