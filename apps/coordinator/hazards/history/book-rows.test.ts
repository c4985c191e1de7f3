// Goal: a coordinator that is killed after any message knows the same world when it is back.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { must } from '@kura/base';
import { openTestDatabase } from '../../fixtures.ts';
import { listedCities } from '../../placement/cities.ts';
import { EventBook } from '../events/event-book.ts';
import type { Report } from '../events/report.ts';
import { asObject, listIn, parseJson } from '../feeds/formats/json.ts';
import { readStep, timeOfStep } from '../feeds/recorded-steps.ts';
import { sample } from '../feeds/test-data.ts';
import { BookWriter, readBook, writeBook } from './book-rows.ts';

interface Word {
  readonly atMs: number;
  readonly reports: readonly Report[];
}

/** What the feeds said during a real disaster, step by step. */
function wordsOf(manifest: string): Word[] {
  const steps = listIn(parseJson(sample(`replay/${manifest}.json`), 'a manifest'), 'steps');
  const placeOf = (site: string) => listedCities().find(({ city }) => city === site);
  return steps.map((value) => {
    const step = must(asObject(value), 'a step');
    const { reports } = readStep(step, { readFile: sample, placeOf });
    return { atMs: timeOfStep(step), reports };
  });
}

function hear(book: EventBook, { atMs, reports }: Word): void {
  for (const report of reports) book.take(report, { feed: 'test', receivedMs: atMs });
  book.advance(atMs);
}

describe('the event book in its tables', () => {
  for (const manifest of ['hokkaido-2018', 'tohoku-2011']) {
    it(`${manifest}: killed after every message, it knows what a living one knows`, async () => {
      const database = await openTestDatabase();
      const living = new EventBook();
      for (const word of wordsOf(manifest)) {
        hear(living, word);
        const book = await readBook(database.kysely, word.atMs);
        const writer = new BookWriter(book);
        hear(book, word);
        await database.transact((rows) => writeBook(rows, writer.changes()));
        const back = await readBook(database.kysely, word.atMs);
        assert.ok(JSON.stringify(back.events()) === JSON.stringify(living.events()));
      }
      assert.ok(living.events().length > 0);
      database.close();
    });
  }

  it('what was withdrawn does not come back after a kill either', async () => {
    const database = await openTestDatabase();
    const [alert] = wordsOf('tohoku-2011').flatMap(({ reports }) => reports);
    const first = must(alert, 'an alert');
    const cancel: Report = {
      ...first,
      ...{ identifier: 'it never was', type: 'cancel', references: [first.identifier] },
      sentMs: first.sentMs + 1000,
    };
    const word = (report: Report): Word => ({ atMs: report.sentMs, reports: [report] });
    const book = await readBook(database.kysely, first.sentMs);
    const writer = new BookWriter(book);
    hear(book, word(cancel));
    await database.transact((rows) => writeBook(rows, writer.changes()));
    const back = await readBook(database.kysely, cancel.sentMs);
    hear(back, word(first));
    assert.deepEqual(back.active(), []);
    database.close();
  });

  it('a forged name with a NUL in it keeps nothing else from being written', async () => {
    const database = await openTestDatabase();
    const book = await readBook(database.kysely, 0);
    const writer = new BookWriter(book);
    const [first] = wordsOf('tohoku-2011').flatMap(({ reports }) => reports);
    const alert = must(first, 'an alert');
    const names = ['cap:a\0b'];
    const forged = { ...alert, names, identifier: 'a\0b', references: ['c\0d'] };
    hear(book, { atMs: alert.sentMs, reports: [forged] });
    await database.transact((rows) => writeBook(rows, writer.changes()));
    const ids = await database.kysely.selectFrom('hazard_events').select('event_id').execute();
    const gone = await database.kysely.selectFrom('hazard_superseded').selectAll().execute();
    assert.ok(!JSON.stringify([ids, gone]).includes('\\u0000'));
    const back = await readBook(database.kysely, alert.sentMs);
    assert.deepEqual(back.events()[0]?.names, names);
    database.close();
  });

  it('writes only what changed, and forgets with the book', async () => {
    const database = await openTestDatabase();
    const book = await readBook(database.kysely, 0);
    const writer = new BookWriter(book);
    const words = wordsOf('hokkaido-2018');
    for (const word of words) hear(book, word);
    const changes = writer.changes();
    assert.equal(changes.written.length, 2);
    await database.transact((rows) => writeBook(rows, changes));
    writer.committed(changes);
    const { atMs, reports } = must(words.at(-1), 'a last word');
    hear(book, { atMs: atMs + 60_000, reports });
    assert.equal(writer.changes().isAny, false, 'the same word again');
    book.advance(atMs + 100 * 86_400_000);
    const last = writer.changes();
    assert.equal(last.forgotten.length, 2);
    await database.transact((rows) => writeBook(rows, last));
    assert.deepEqual((await readBook(database.kysely, atMs)).events(), []);
    database.close();
  });
});
