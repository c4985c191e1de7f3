// All events that this network knows, kept from reports as they come in: one event per thing in the world.
// A report finds its event by a shared name, by a reference to an earlier message, or by likeness to what
// another agency told; else it begins one. An update replaces what it refers to, even if that was never
// seen; a cancel withdraws it; a list that stops naming it ends it. Deterministic: the same reports in the
// same order give the same events.
import { DAY_MS, must } from '@kura/base';
import { EventRecord, type Held, type SavedEvent } from './event-record.ts';
import { distanceToZoneKm } from './geometry.ts';
import { EVENT_KINDS, type EventKind, type EventSource, type HazardEvent } from './hazard-event.ts';
import { isAlike } from './likeness.ts';
import { KEEP_ENDED_MS, MAX_EVENTS, MAX_SUPERSEDED, MISSED_POLLS } from './limits.ts';
import type { Report } from './report.ts';

/** Names of these are used again for the next thing: a flood warning of one office. */
const NAMES_FOR_LIFE: ReadonlySet<EventKind> = new Set(['earthquake', 'cyclone', 'tsunami']);
/** Messages that were never sent by now are taken as sent now: a date in 2099 must not stay the newest. */
const CLOCK_SKEW_MS = 5 * 60_000;

export interface Taken {
  readonly feed: string;
  readonly receivedMs: number;
}

/** A book as it is written down. */
export interface SavedBook {
  readonly events: readonly SavedEvent[];
  /** Messages that were replaced or withdrawn, the oldest first. */
  readonly superseded: readonly string[];
  readonly nowMs: number;
}

export class EventBook {
  readonly #records = new Map<string, EventRecord>();
  /** "kind|name" → record. */
  readonly #byName = new Map<string, EventRecord>();
  /** Messages replaced or withdrawn, some before they were ever seen; the oldest fall out. */
  readonly #superseded = new Set<string>();
  #nowMs = 0;

  /** The book that was written down; it goes on as if nothing had been in between. */
  static restore({ events, superseded, nowMs }: SavedBook): EventBook {
    const book = new EventBook();
    book.#nowMs = nowMs;
    for (const message of superseded) book.#superseded.add(message);
    // In the order in which they began: of two that share a name the later one has it.
    for (const saved of events.toSorted((a, b) => a.firstSeenMs - b.firstSeenMs)) {
      const record = EventRecord.restore(saved);
      book.#records.set(record.id, record);
      book.#index(record);
    }
    return book;
  }

  /** Everything that there is to write down; what has changed is told by `revision`. */
  records(): Iterable<Pick<EventRecord, 'id' | 'revision' | 'saved'>> {
    return this.#records.values();
  }

  /** Messages that must not come back, the oldest first. */
  superseded(): ReadonlySet<string> {
    return this.#superseded;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Takes one report in. */
  take(given: Report, { feed, receivedMs }: Taken): void {
    this.#nowMs = Math.max(this.#nowMs, receivedMs);
    const isEarly = given.sentMs > receivedMs + CLOCK_SKEW_MS;
    const report = isEarly ? { ...given, sentMs: receivedMs } : given;
    if (this.#superseded.has(messageKey(report.source, report.identifier))) return;
    this.#supersede(report);
    if (report.type === 'cancel') this.#cancel(report, receivedMs);
    else if (report.isAllClear) this.#clear(report, receivedMs);
    else this.#hold(report, feed, receivedMs);
  }

  /**
   * What a feed's complete list names now (streams by source). What it held before and names no more is over
   * after the second good poll that lacks it.
   */
  notePresence(feed: string, present: readonly Report[], nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    const keys = new Set(present.map(({ source, identifier }) => `${source}/${identifier}`));
    for (const record of this.#records.values()) {
      let hasMissing = false;
      for (const held of record.held) {
        if (held.feed !== feed) continue;
        const isPresent = keys.has(`${held.report.source}/${held.report.identifier}`);
        held.missedPolls = isPresent ? 0 : held.missedPolls + 1;
        hasMissing ||= held.missedPolls >= MISSED_POLLS;
      }
      if (!hasMissing) continue;
      const isMissing = (held: Held): boolean =>
        held.feed === feed && held.missedPolls >= MISSED_POLLS;
      if (record.remove(isMissing, { atMs: nowMs, how: 'ended' })) record.touch(nowMs);
    }
  }

  /** Time passes: what has been over for long is forgotten. */
  advance(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    for (const record of this.#records.values()) {
      const { state, endMs } = record.view(this.#nowMs);
      const isOver = state === 'ended' || state === 'cancelled';
      const sinceMs = Math.max(endMs ?? 0, record.changedMs);
      if (isOver && this.#nowMs - sinceMs > KEEP_ENDED_MS) this.#forget(record);
    }
  }

  /** Every event, ended ones too, as of the latest time that the book was told. */
  events(): HazardEvent[] {
    return [...this.#records.values()].map((record) => record.view(this.#nowMs));
  }

  /** Those that count at full weight or, stale, still count. */
  active(): HazardEvent[] {
    return this.events().filter(({ state }) => state === 'active' || state === 'stale');
  }

  find(kind: EventKind, name: string): HazardEvent | undefined {
    return this.#byName.get(`${kind}|${name}`)?.view(this.#nowMs);
  }

  // ── Finding the event ───────────────────────────────────────────────────────────────────────────

  #named(kind: EventKind, names: readonly string[]): EventRecord[] {
    const found = new Set<EventRecord>();
    for (const name of names) {
      const record = this.#byName.get(`${kind}|${name}`);
      if (record !== undefined) found.add(record);
    }
    return [...found];
  }

  /** Messages refer to each other by identifier alone: senders write themselves in several ways. */
  #referenced(report: Report): EventRecord[] {
    return this.#named(
      report.kind,
      report.references.map((identifier) => `cap:${identifier}`),
    );
  }

  #find(report: Report): EventRecord | undefined {
    const found = new Set([...this.#named(report.kind, report.names), ...this.#referenced(report)]);
    const usable = [...found].filter((record) => this.#isSameLife(record, report));
    return usable.length === 0 ? this.#alike(report) : this.#joined(usable);
  }

  /** An office's next flood is not its last one, a day after that was over. */
  #isSameLife(record: EventRecord, report: Report): boolean {
    if (NAMES_FOR_LIFE.has(record.kind)) return true;
    const { endedMs } = record;
    return endedMs === undefined || report.sentMs - endedMs < DAY_MS;
  }

  #alike(
    report: Report,
    isPossible: (record: EventRecord) => boolean = () => true,
  ): EventRecord | undefined {
    if (!NAMES_FOR_LIFE.has(report.kind)) return undefined;
    for (const record of this.#records.values()) {
      if (record.kind !== report.kind || !isPossible(record)) continue;
      if (isAlike(report, record.view(this.#nowMs), record.causes)) return record;
    }
    return undefined;
  }

  /** One of them all, under the id that was known first: what was planned for it goes by that. */
  #joined(records: readonly EventRecord[]): EventRecord {
    const [kept, ...others] = [...records].sort((a, b) => a.firstSeenMs - b.firstSeenMs);
    const oldest = must(kept, 'at least one event is joined');
    for (const other of others) {
      oldest.absorb(other);
      this.#records.delete(other.id);
    }
    this.#index(oldest);
    return oldest;
  }

  #index(record: EventRecord): void {
    for (const name of record.names) this.#byName.set(`${record.kind}|${name}`, record);
  }

  // ── Changing it ─────────────────────────────────────────────────────────────────────────────────

  #hold(report: Report, feed: string, receivedMs: number): void {
    const record = this.#find(report) ?? this.#begin(report, receivedMs);
    const replaced = { atMs: report.sentMs, how: 'ended' } as const;
    for (const each of new Set([record, ...this.#referenced(report)])) {
      const isReplaced = (held: Held): boolean => replaces(report, held.report);
      if (each.remove(isReplaced, replaced)) each.touch(receivedMs);
    }
    const isNew = record.hold(report, feed, receivedMs);
    this.#index(record);
    const twin = isNew ? this.#twinOf(record, report) : undefined;
    if (twin !== undefined) this.#joined([record, twin]);
  }

  /**
   * Another agency's event that this one is now seen to be: the first word of an earthquake has intensities
   * and no origin, and the other's may come before its second.
   */
  #twinOf(record: EventRecord, report: Report): EventRecord | undefined {
    const { sources } = record.view(this.#nowMs);
    return this.#alike(report, (other) => {
      const theirs = new Set(other.view(this.#nowMs).sources);
      return other !== record && sources.every((source) => !theirs.has(source));
    });
  }

  #begin(report: Report, receivedMs: number): EventRecord {
    if (this.#records.size >= MAX_EVENTS) this.#forgetOldest();
    const fresh = EventRecord.begin(report, receivedMs);
    // A name that is used again: the new thing needs an id of its own.
    const isTaken = this.#records.has(fresh.id);
    const [name = report.identifier, ...more] = report.names;
    const renamed = { ...report, names: [`${name}@${report.sentMs}`, ...more] };
    const record = isTaken ? EventRecord.begin(renamed, receivedMs) : fresh;
    const same = this.#records.get(record.id);
    if (same !== undefined) this.#forget(same);
    this.#records.set(record.id, record);
    return record;
  }

  /** "It never was": of this stream, or of the messages referred to. */
  #cancel(report: Report, receivedMs: number): void {
    // A cancel often says nothing about the hazard: what it refers to knows its kind.
    for (const kind of report.references.length > 0 ? EVENT_KINDS : [report.kind]) {
      const references = report.references.map((identifier) => `cap:${identifier}`);
      for (const record of this.#named(kind, [...report.names, ...references])) {
        const removal = { atMs: report.sentMs, how: 'cancelled' } as const;
        const isWithdrawn = (held: Held): boolean =>
          refersTo(report, held.report) ||
          (held.report.source === report.source && isPartOf(held.report.stream, report.stream));
        if (record.remove(isWithdrawn, removal)) record.note(report, receivedMs);
      }
    }
  }

  /** "It is over": of everything that its own agency said in that stream, or that it refers to. */
  #clear(report: Report, receivedMs: number): void {
    for (const record of new Set([
      ...this.#named(report.kind, report.names),
      ...this.#referenced(report),
    ])) {
      const isOver = (held: Held): boolean =>
        replaces(report, held.report) ||
        (held.report.source === report.source && isPartOf(held.report.stream, report.stream));
      // GDACS says afterwards when it was over; what else an all-clear gives as its end is its own.
      const overMs = Math.min(report.sentMs, report.endMs ?? report.sentMs);
      const removal = { atMs: overMs, how: 'ended' } as const;
      if (record.remove(isOver, removal)) record.note(report, receivedMs);
    }
  }

  #supersede({ source, identifier, references }: Report): void {
    for (const reference of references) {
      if (reference !== identifier) this.#superseded.add(messageKey(source, reference));
    }
    for (const oldest of this.#superseded) {
      if (this.#superseded.size <= MAX_SUPERSEDED) break;
      this.#superseded.delete(oldest);
    }
  }

  #forget(record: EventRecord): void {
    this.#records.delete(record.id);
    for (const name of record.names) {
      const key = `${record.kind}|${name}`;
      if (this.#byName.get(key) === record) this.#byName.delete(key);
    }
  }

  #forgetOldest(): void {
    const over = [...this.#records.values()].sort((a, b) => a.changedMs - b.changedMs);
    const oldest = over.find((record) => record.endedMs !== undefined) ?? over[0];
    if (oldest !== undefined) this.#forget(oldest);
  }
}

/** Messages of NWS come by its own list and by CAP's indexes, and refer to each other. Nobody else's may. */
function messageKey(source: EventSource, identifier: string): string {
  return `${source === 'nws' ? 'cap' : source}|${identifier}`;
}

function refersTo(report: Report, held: Report): boolean {
  const wanted = messageKey(held.source, held.identifier);
  return report.references.some((reference) => messageKey(report.source, reference) === wanted);
}

/** "quake" and "quake/detail" are withdrawn together. */
function isPartOf(stream: string, whole: string): boolean {
  return stream === whole || stream.startsWith(`${whole}/`);
}

/** By reference; or, where the reference was never seen, the same numbered event in an area of its own. */
function replaces(report: Report, held: Report): boolean {
  if (report.identifier === held.identifier && report.source === held.source) return false;
  if (refersTo(report, held)) return true;
  return (
    report.type === 'update' &&
    report.sentMs >= held.sentMs &&
    report.source === held.source &&
    sharesVtec(report, held) &&
    sharesArea(report, held)
  );
}

function sharesVtec(report: Report, held: Report): boolean {
  return report.names.some((name) => name.startsWith('vtec:') && held.names.includes(name));
}

function sharesArea(report: Report, held: Report): boolean {
  const codes = new Set(held.zones.flatMap((zone) => zone.codes.map(({ code }) => code)));
  if (report.zones.some((zone) => zone.codes.some(({ code }) => codes.has(code)))) return true;
  if (codes.size > 0) return false;
  const centres = report.zones.flatMap((zone) =>
    zone.shapes.flatMap((shape) => (shape.type === 'circle' ? [shape.centre] : [])),
  );
  return centres.some((centre) => held.zones.some((zone) => distanceToZoneKm(centre, zone) === 0));
}
