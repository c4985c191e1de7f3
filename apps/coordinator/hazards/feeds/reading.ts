// What comes of reading one answer of a feed: reports, what was left aside on purpose, what could not be
// read. One bad item never stops a feed: it becomes a named problem, and the others are read.
import { KuraError } from '@kura/base';
import type { Report } from '../events/report.ts';
import { MAX_ITEMS, MAX_PROBLEMS } from './fetch/limits.ts';

export interface FeedProblem {
  /** Which item: an identifier, an address, or its number in the list. */
  readonly item: string;
  /** One sentence. */
  readonly message: string;
  readonly code: string;
  /** The item makes no report; else only a part of it is missing, such as an outline. */
  readonly isLost: boolean;
}

/** Why an item makes no event although it could be read. */
export const IGNORED_REASONS = [
  'exercise', // status, or words, say that it is a drill or a test
  'harmless', // too weak to damage anything, or all of it lifted before we knew of it
  'other_kind', // a message of a kind that no event is made of
  'not_natural', // an abducted child, a threat level: nothing that happens to a store
  'temporary', // a machine's first guess that its own agency does not stand by yet
] as const;
export type IgnoredReason = (typeof IGNORED_REASONS)[number];

/** A message that an index points to. */
export interface Link {
  readonly url: string;
  /** Changes when the message behind the address does. */
  readonly version: string;
}

export interface Reading {
  readonly reports: readonly Report[];
  readonly links: readonly Link[];
  readonly problems: readonly FeedProblem[];
  readonly ignored: Readonly<Partial<Record<IgnoredReason, number>>>;
}

const problemOf = (item: string, error: KuraError, isLost: boolean): FeedProblem => ({
  item: item.slice(0, 200),
  message: error.message,
  code: error.code,
  isLost,
});

function errorOf(read: () => void): KuraError | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    return error;
  }
}

/** Collects a reading; the only place where errors of items are caught. */
export class ReadingBuilder {
  readonly #reports: Report[] = [];
  readonly #links: Link[] = [];
  readonly #problems: FeedProblem[] = [];
  readonly #ignored: Partial<Record<IgnoredReason, number>> = {};

  add(...reports: readonly Report[]): void {
    for (const report of reports) {
      if (this.#reports.length < MAX_ITEMS) this.#reports.push(report);
    }
  }

  link(link: Link): void {
    if (this.#links.length < MAX_ITEMS) this.#links.push(link);
  }

  ignore(reason: IgnoredReason): void {
    this.#ignored[reason] = (this.#ignored[reason] ?? 0) + 1;
  }

  /** An item is lost. */
  problem(item: string, error: KuraError): void {
    this.#note(problemOf(item, error, true));
  }

  /** A part of an item is missing, the item is not. */
  partProblem(item: string, error: KuraError): void {
    this.#note(problemOf(item, error, false));
  }

  #note(problem: FeedProblem): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
  }

  /** Reads one item; what is wrong with it is noted, what is wrong with our code is not caught. */
  item(name: string, read: () => void): void {
    const error = errorOf(read);
    if (error !== undefined) this.problem(name, error);
  }

  /** Reads a part of an item that can be done without. */
  part(name: string, read: () => void): void {
    const error = errorOf(read);
    if (error !== undefined) this.partProblem(name, error);
  }

  /** Reads every item of a list, up to the limit. */
  items<T>(list: readonly T[], read: (item: T, name: string) => void): void {
    for (const [index, item] of list.slice(0, MAX_ITEMS).entries()) {
      this.item(`item ${index + 1}`, () => read(item, `item ${index + 1}`));
    }
    if (list.length > MAX_ITEMS) {
      const message = `${list.length} items, ${MAX_ITEMS} at most: the rest was not read`;
      this.problem('list', new KuraError('too_large', message));
    }
  }

  /** Takes over what another reading came to. */
  merge(other: Reading): void {
    this.add(...other.reports);
    for (const link of other.links) this.link(link);
    for (const problem of other.problems) this.#note(problem);
    for (const [reason, count] of Object.entries(other.ignored)) {
      const key = reason as IgnoredReason;
      this.#ignored[key] = (this.#ignored[key] ?? 0) + count;
    }
  }

  done(): Reading {
    return {
      reports: this.#reports,
      links: this.#links,
      problems: this.#problems,
      ignored: { ...this.#ignored },
    };
  }
}
