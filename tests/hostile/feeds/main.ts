// Mutated feeds by the thousand: `npm run feeds:hostile [-- --cases N] [--seed S] [--case N]`. Every reader gets
// real files, changed; what it makes of them goes into one book of events, as in life. Only typed errors may come
// out, and only events that make sense, within bounds of time and memory. Ends with one line of figures; exit code
// 1 at the first violation, whose case it names.
import { parseArgs } from 'node:util';
import { HOUR_MS, KuraError, MIB, systemClock } from '@kura/base';
import { EventBook } from '@kura/coordinator/hazards/events/event-book.ts';
import type { Reading } from '@kura/coordinator/hazards/feeds/reading.ts';
import { SeededRandom } from '@kura/testing';
import { wholeNumber } from '../../proof/whole-number.ts';
import { Violation } from '../kind.ts';
import { changedFeed } from './changes.ts';
import { demandSense } from './demands.ts';
import { type FeedReader, openReaders } from './readers.ts';

const DEFAULT_CASES = 2_000;
/** Processor time, so that a busy machine is no violation. The largest bomb takes about half a second. */
const MAX_CASE_CPU_MS = 5_000;
const MAX_PEAK_BYTES = 1024 * MIB;
/** A book lives through so many cases, then a new one begins. */
const CASES_PER_BOOK = 200;
const START_MS = Date.UTC(2026, 0, 1);

const given = parseArgs({
  options: {
    cases: { type: 'string', default: String(DEFAULT_CASES) },
    seed: { type: 'string', default: '1' },
    case: { type: 'string' },
  },
}).values;
const number = wholeNumber('feeds:hostile');
const caseCount = number(given.cases, '--cases', 0);
const seed = number(given.seed, '--seed', 0);
const only = given.case === undefined ? undefined : number(given.case, '--case', 0);

const figures = { read: 0, refused: 0, reports: 0, problems: 0, events: 0, slowestMs: 0 };

const cpuMs = (): number => process.cpuUsage().user / 1000;

function readOne(reader: FeedReader, bytes: Uint8Array): Reading | undefined {
  try {
    const reading = reader.read(bytes);
    figures.read++;
    return reading;
  } catch (error) {
    if (!(error instanceof KuraError)) throw new Violation('an error without a type', error);
    figures.refused++;
    return undefined;
  }
}

function runCase(reader: FeedReader, book: EventBook, index: number): void {
  const random = new SeededRandom(seed * 1_000_003 + index);
  const bytes = changedFeed(random, reader.samples);
  const startedMs = cpuMs();
  const reading = readOne(reader, bytes);
  const receivedMs = START_MS + index * HOUR_MS;
  const before = new Map(book.events().map((event) => [event.id, event.changedMs]));
  for (const report of reading?.reports ?? []) book.take(report, { feed: reader.name, receivedMs });
  if (random.chance(0.3)) book.notePresence(reader.name, reading?.reports ?? [], receivedMs);
  book.advance(receivedMs);
  for (const event of book.events()) {
    if (before.get(event.id) !== event.changedMs) demandSense(event);
  }
  const tookMs = cpuMs() - startedMs;
  figures.reports += reading?.reports.length ?? 0;
  figures.problems += reading?.problems.length ?? 0;
  figures.slowestMs = Math.max(figures.slowestMs, tookMs);
  if (tookMs > MAX_CASE_CPU_MS)
    throw new Violation(`took ${Math.round(tookMs)} ms of processor time`);
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  if (peakBytes > MAX_PEAK_BYTES)
    throw new Violation(`${Math.round(peakBytes / MIB)} MiB at its peak`);
}

function runAll(): void {
  const startedMs = systemClock.elapsedMs();
  const readers = openReaders();
  let book = new EventBook();
  const [first, last] = only === undefined ? [0, caseCount] : [only, only + 1];
  for (let index = first; index < last; index++) {
    const reader = readers[index % readers.length];
    if (reader === undefined) break;
    if (index % CASES_PER_BOOK === 0) {
      figures.events += book.events().length;
      book = new EventBook();
    }
    try {
      runCase(reader, book, index);
    } catch (error) {
      process.stderr.write(
        `feeds:hostile: ${reader.name}, seed ${seed}, case ${index}: violation\n`,
      );
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      if (error instanceof Error && error.cause !== undefined) console.error(error.cause);
      process.exitCode = 1;
      return;
    }
  }
  figures.events += book.events().length;
  const peakMib = Math.round(process.resourceUsage().maxRSS / 1024);
  const seconds = ((systemClock.elapsedMs() - startedMs) / 1000).toFixed(1);
  process.stdout.write(
    `feeds:hostile: ${last - first} cases, seed ${seed}, ${readers.length} readers, 0 untyped errors ` +
      `(${figures.read} read, ${figures.refused} refused; ${figures.reports} reports, ` +
      `${figures.problems} problems, ${figures.events} events; slowest ${Math.round(figures.slowestMs)} ms ` +
      `of processor, peak ${peakMib} MiB) in ${seconds} s\n`,
  );
}

runAll();
