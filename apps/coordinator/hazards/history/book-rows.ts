// The event book in its tables: one row per event, written only when something about it changed, and the messages
// that must not come back. What is in memory and what is in the tables are the same after every commit.

import { batches } from '../../db/batches.ts';
import type { Rows } from '../../db/tables.ts';
import { EventBook } from '../events/event-book.ts';
import type { SavedEvent } from '../events/event-record.ts';
import { storable } from './storable.ts';

/** The book as it was when it was last written. */
export async function readBook(rows: Rows, nowMs: number): Promise<EventBook> {
  const events = await rows.selectFrom('hazard_events').select('body').execute();
  const gone = await rows
    .selectFrom('hazard_superseded')
    .select('message')
    .orderBy('number')
    .execute();
  return EventBook.restore({
    events: events.map(({ body }) => JSON.parse(body) as SavedEvent),
    superseded: gone.map(({ message }) => message),
    nowMs,
  });
}

/** What differs between a book and its tables. */
export interface BookChanges {
  readonly written: readonly { readonly event: SavedEvent; readonly revision: number }[];
  readonly forgotten: readonly string[];
  readonly superseded: readonly string[];
  /** How many of the oldest superseded messages fell out. */
  readonly outdated: number;
  readonly isAny: boolean;
}

export class BookWriter {
  readonly #book: EventBook;
  /** Revision of each event as it is in the tables. */
  readonly #revisions: Map<string, number>;
  /** Messages in the tables, the oldest first. */
  readonly #superseded: Set<string>;

  /** The book has just been read. */
  constructor(book: EventBook) {
    this.#book = book;
    this.#revisions = new Map([...book.records()].map(({ id, revision }) => [id, revision]));
    this.#superseded = new Set(book.superseded());
  }

  changes(): BookChanges {
    const written: { event: SavedEvent; revision: number }[] = [];
    const left = new Set(this.#revisions.keys());
    for (const record of this.#book.records()) {
      left.delete(record.id);
      const { id, revision } = record;
      if (this.#revisions.get(id) !== revision) written.push({ event: record.saved(), revision });
    }
    const now = this.#book.superseded();
    const superseded = [...now].filter((message) => !this.#superseded.has(message));
    let outdated = 0;
    for (const message of this.#superseded) {
      if (now.has(message)) break;
      outdated++;
    }
    const isAny = written.length + left.size + superseded.length + outdated > 0;
    return { written, forgotten: [...left], superseded, outdated, isAny };
  }

  /** After the commit: from now on these are what the tables have. */
  committed({ written, forgotten, superseded, outdated }: BookChanges): void {
    for (const { event, revision } of written) this.#revisions.set(event.id, revision);
    for (const id of forgotten) this.#revisions.delete(id);
    for (const message of [...this.#superseded].slice(0, outdated)) {
      this.#superseded.delete(message);
    }
    for (const message of superseded) this.#superseded.add(message);
  }
}

export async function writeBook(rows: Rows, changes: BookChanges): Promise<void> {
  for (const batch of batches(changes.forgotten.map(storable))) {
    await rows.deleteFrom('hazard_events').where('event_id', 'in', batch).execute();
  }
  for (const batch of batches(changes.written)) {
    const values = batch.map(({ event }) => ({
      event_id: storable(event.id),
      changed_ms: event.changedMs,
      body: JSON.stringify(event),
    }));
    await rows
      .insertInto('hazard_events')
      .values(values)
      .onConflict((conflict) =>
        conflict.column('event_id').doUpdateSet(({ ref }) => ({
          changed_ms: ref('excluded.changed_ms'),
          body: ref('excluded.body'),
        })),
      )
      .execute();
  }
  await writeSuperseded(rows, changes);
}

async function writeSuperseded(
  rows: Rows,
  { superseded, outdated }: Pick<BookChanges, 'superseded' | 'outdated'>,
): Promise<void> {
  const { first, last } = await rows
    .selectFrom('hazard_superseded')
    .select((all) => [all.fn.min('number').as('first'), all.fn.max('number').as('last')])
    .executeTakeFirstOrThrow();
  if (outdated > 0) {
    await rows
      .deleteFrom('hazard_superseded')
      .where('number', '<', (first ?? 0) + outdated)
      .execute();
  }
  let number = last ?? 0;
  for (const batch of batches(superseded)) {
    const values = batch.map((message) => ({ number: ++number, message: storable(message) }));
    await rows.insertInto('hazard_superseded').values(values).execute();
  }
}
