// What is feared, as the tables have it: any program of the network may ask; the one that watches has it in memory.
import type { Rows } from '../../db/tables.ts';
import type { Danger } from '../../moves/danger.ts';
import type { EventBook } from '../events/event-book.ts';
import type { HazardEvent } from '../events/hazard-event.ts';
import { readBook } from './book-rows.ts';
import { readStances } from './risk-rows.ts';

export async function readDanger(rows: Rows, nowMs: number): Promise<Danger> {
  const book = await readBook(rows, nowMs);
  return { atMs: nowMs, events: countingEvents(book), stances: await readStances(rows) };
}

/** All but the withdrawn: what has ended counts on, fading. */
export function countingEvents(book: EventBook): HazardEvent[] {
  return book.events().filter(({ state }) => state !== 'cancelled');
}
