// What the book keeps of one event: the reports in force, the chain of messages, and how it ended. All of it is
// plain data, so that it can be written down and come back.
import { must } from '@kura/base';
import { contentOf, type EventContent } from './event-view.ts';
import type { EventKind, EventState, HazardEvent, Hint, MessageRef } from './hazard-event.ts';
import type { Cause } from './likeness.ts';
import {
  assumedLifeMs,
  MAX_CHAIN,
  MAX_HINTS,
  MAX_LIFE_MS,
  MAX_NAMES,
  MAX_REPORTS_PER_EVENT,
  STALE_MS,
} from './limits.ts';
import type { Report } from './report.ts';

export interface Held {
  readonly report: Report;
  /** Which feed it came by; absence from that feed's list ends it. */
  readonly feed: string;
  missedPolls: number;
}

interface Ending {
  readonly atMs: number;
  readonly how: 'ended' | 'cancelled';
}

/** An event as it is written down, with all that its view and its next message depend on. */
export interface SavedEvent {
  readonly id: string;
  readonly kind: EventKind;
  readonly names: readonly string[];
  /** In force. */
  readonly held: readonly Readonly<Held>[];
  /** Those that were in force last, once none is. */
  readonly last: readonly Report[];
  readonly hints: readonly Hint[];
  readonly chain: readonly MessageRef[];
  readonly ending?: Ending;
  readonly firstSeenMs: number;
  readonly changedMs: number;
}

/** Why a report is no longer in force. */
export type Removal = { readonly atMs: number; readonly how: Ending['how'] };

/** When the hazard ends, and whether that is only our policy. */
interface Lasting {
  readonly endMs?: number;
  readonly isEndAssumed: boolean;
}

type RecordHead = Pick<SavedEvent, 'id' | 'kind' | 'names' | 'firstSeenMs' | 'changedMs'>;

const streamKey = (report: Report): string => `${report.source}/${report.stream}`;

const unplacedIn = (report: Report | undefined): number =>
  report?.zones.reduce((sum, { unplaced }) => sum + unplaced, 0) ?? 0;

export class EventRecord {
  readonly id: string;
  readonly kind: EventKind;
  readonly names: Set<string>;
  readonly #current = new Map<string, Held>();
  readonly #hints: Hint[] = [];
  #chain: readonly MessageRef[] = [];
  /** Those that were in force last, once none is. */
  #last: readonly Report[] = [];
  #ending: Ending | undefined;
  readonly #firstSeenMs: number;
  #changedMs: number;
  #content: (EventContent & Lasting) | undefined;
  #revision = 0;

  private constructor({ id, kind, names, firstSeenMs, changedMs }: RecordHead) {
    this.id = id;
    this.kind = kind;
    this.names = new Set(names);
    this.#firstSeenMs = firstSeenMs;
    this.#changedMs = changedMs;
  }

  /** Of which the report is the first word; it does not hold it yet. */
  static begin({ kind, names, source, identifier }: Report, receivedMs: number): EventRecord {
    const id = `${kind}/${names[0] ?? `${source}:${identifier}`}`;
    return new EventRecord({ id, kind, names, firstSeenMs: receivedMs, changedMs: receivedMs });
  }

  static restore(saved: SavedEvent): EventRecord {
    const record = new EventRecord(saved);
    for (const held of saved.held) record.#current.set(streamKey(held.report), { ...held });
    record.#hints.push(...saved.hints);
    record.#chain = saved.chain;
    record.#last = saved.last;
    record.#ending = saved.ending;
    return record;
  }

  /** Grows with everything that `saved` would write differently, but for polls that were missed. */
  get revision(): number {
    return this.#revision;
  }

  saved(): SavedEvent {
    return {
      id: this.id,
      kind: this.kind,
      names: [...this.names],
      held: [...this.#current.values()],
      last: this.#last,
      hints: this.#hints,
      chain: this.#chain,
      ...(this.#ending === undefined ? {} : { ending: this.#ending }),
      firstSeenMs: this.#firstSeenMs,
      changedMs: this.#changedMs,
    };
  }

  get held(): Iterable<Held> {
    return this.#current.values();
  }

  get firstSeenMs(): number {
    return this.#firstSeenMs;
  }

  get changedMs(): number {
    return this.#changedMs;
  }

  get causes(): Cause[] {
    return [...this.#current.values()].flatMap(({ report }) => report.cause ?? []);
  }

  /** When it was ended or withdrawn, if it is. */
  get endedMs(): number | undefined {
    return this.#ending?.atMs;
  }

  /** True if the report says something new; false for one seen before, or older than its stream. */
  hold(report: Report, feed: string, receivedMs: number): boolean {
    const key = streamKey(report);
    const known = this.#current.get(key);
    if (known !== undefined && known.report.sentMs > report.sentMs) return false;
    const isRepeated = known?.report.identifier === report.identifier;
    // The same message may be known better than before: its codes have outlines now. After a new start it is
    // read without those that have yet to be fetched again: then what was known stays.
    const isSame = isRepeated && known?.report.sentMs === report.sentMs;
    if (isSame && unplacedIn(report) >= unplacedIn(known.report)) {
      known.missedPolls = 0;
      return false;
    }
    const isPlacedAnew = unplacedIn(report) !== unplacedIn(known?.report);
    if (known === undefined && this.#current.size >= MAX_REPORTS_PER_EVENT) this.#dropOldest();
    this.#current.set(key, { report, feed, missedPolls: 0 });
    this.#ending = undefined;
    this.#last = [];
    for (const name of report.names) if (this.names.size < MAX_NAMES) this.names.add(name);
    if (report.hint !== undefined) this.#addHint(report.hint);
    if (!isRepeated) this.note(report, receivedMs);
    else if (isPlacedAnew) this.touch(receivedMs);
    else this.#change();
    return !isRepeated;
  }

  #addHint(hint: Hint): void {
    const newest = this.#hints.findLast(({ source }) => source === hint.source);
    if (newest !== undefined && newest.atMs >= hint.atMs) return;
    this.#hints.push(hint);
    if (this.#hints.length > MAX_HINTS) this.#hints.shift();
    this.#change();
  }

  #change(): void {
    this.#content = undefined;
    this.#revision++;
  }

  /** A message of the chain, whether or not it put a report in force. */
  note(report: Report, receivedMs: number): void {
    const { source, identifier, type, sentMs } = report;
    const message = { source, identifier, type, sentMs, receivedMs };
    this.#chain = [...this.#chain, message].slice(-MAX_CHAIN);
    this.touch(receivedMs);
  }

  touch(nowMs: number): void {
    this.#changedMs = nowMs;
    this.#change();
  }

  #dropOldest(): void {
    const [oldest] = [...this.#current].sort(([, a], [, b]) => a.report.sentMs - b.report.sentMs);
    if (oldest !== undefined) this.#current.delete(oldest[0]);
  }

  /** Takes reports out of force; the last one's removal ends the event. True if there were any. */
  remove(which: (held: Held) => boolean, { atMs, how }: Removal): boolean {
    const gone = [...this.#current].filter(([, held]) => which(held));
    if (gone.length === 0) return false;
    const before = [...this.#current.values()].map(({ report }) => report);
    for (const [key] of gone) this.#current.delete(key);
    if (this.#current.size === 0) {
      this.#last = before;
      this.#ending = { atMs, how };
    }
    this.#change();
    return true;
  }

  /** All that the other knows becomes this one's: the two turned out to be one. */
  absorb(other: EventRecord): void {
    for (const name of other.names) this.names.add(name);
    for (const [key, held] of other.#current)
      if (!this.#current.has(key)) this.#current.set(key, held);
    for (const hint of other.#hints) this.#addHint(hint);
    this.#chain = [...this.#chain, ...other.#chain]
      .sort((a, b) => a.receivedMs - b.receivedMs)
      .slice(-MAX_CHAIN);
    if (this.#current.size > 0) this.#ending = undefined;
    else this.#last = [...this.#last, ...other.#last];
    this.touch(Math.max(this.#changedMs, other.#changedMs));
  }

  /** The latest end of the reports in force, or what policy says where they say nothing. */
  #lasting(reports: readonly Report[], onsetMs: number): Lasting {
    if (this.#ending !== undefined) return { endMs: this.#ending.atMs, isEndAssumed: false };
    // Power is back when the store says so, and not before.
    if (this.kind === 'power') return { isEndAssumed: false };
    const ends = reports.map(({ sentMs, endMs }) => {
      const latest = sentMs + MAX_LIFE_MS;
      if (endMs !== undefined && endMs <= latest) return { endMs, isEndAssumed: false };
      const startMs = this.kind === 'earthquake' ? onsetMs : Math.max(onsetMs, sentMs);
      const assumedMs = Math.min(startMs, latest) + assumedLifeMs(this.kind);
      return { endMs: assumedMs, isEndAssumed: true };
    });
    return ends.reduce((a, b) => (b.endMs > a.endMs ? b : a));
  }

  #contentNow(): EventContent & Lasting {
    const held = [...this.#current.values()].map(({ report }) => report);
    const reports = held.length > 0 ? held : this.#last;
    const [first, ...rest] = reports;
    const content = contentOf([must(first, 'an event has reports'), ...rest]);
    return { ...content, ...this.#lasting(reports, content.onsetMs) };
  }

  view(nowMs: number): HazardEvent {
    this.#content ??= this.#contentNow();
    return {
      id: this.id,
      names: [...this.names],
      kind: this.kind,
      ...this.#content,
      firstSeenMs: this.#firstSeenMs,
      changedMs: this.#changedMs,
      state: this.#stateAt(nowMs, this.#content),
      chain: this.#chain,
      hints: [...this.#hints],
    };
  }

  #stateAt(nowMs: number, { endMs, isEndAssumed }: Lasting): EventState {
    if (this.#ending !== undefined) return this.#ending.how;
    if (endMs === undefined || nowMs < endMs) return 'active';
    // An agency's own end is believed at once; of ours nobody said that it is over.
    return isEndAssumed && nowMs < endMs + STALE_MS ? 'stale' : 'ended';
  }
}
