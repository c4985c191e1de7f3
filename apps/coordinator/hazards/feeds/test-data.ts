// Real messages for tests, from data/hazards, and a clock that tests move.
import { readFileSync } from 'node:fs';
import type { Clock } from '@kura/base';
import { EventBook } from '../events/event-book.ts';
import type { Reading } from './reading.ts';

const FOLDER = new URL('../../../../data/hazards/', import.meta.url);

export function sample(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, FOLDER)));
}

export function sampleText(path: string): string {
  return Buffer.from(sample(path)).toString('utf8');
}

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf8'));

export const at = (text: string): number => Date.parse(text);

export class TestClock implements Clock {
  #nowMs: number;

  constructor(text: string) {
    this.#nowMs = at(text);
  }

  nowMs(): number {
    return this.#nowMs;
  }

  elapsedMs(): number {
    return this.#nowMs;
  }

  advance(durationMs: number): void {
    this.#nowMs += durationMs;
  }
}

/** Everything of a reading into the book, as one feed gave it. */
export function takeAll(
  book: EventBook,
  reading: Reading,
  receivedMs: number,
  feed = 'test',
): void {
  for (const report of reading.reports) book.take(report, { feed, receivedMs });
  book.advance(receivedMs);
}

export function bookOf(reading: Reading, receivedMs: number): EventBook {
  const book = new EventBook();
  takeAll(book, reading, receivedMs);
  return book;
}
