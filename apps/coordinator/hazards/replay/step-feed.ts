// The steps of one feed, behind the port of all feeds: asked at the pace of the live one, and telling only what was
// known by then. Where the live feed's list is all that is in force, so is each recorded list.
import { type Clock, KuraError, MINUTE_MS, must } from '@kura/base';
import type { EventSource } from '../events/hazard-event.ts';
import type { Report } from '../events/report.ts';
import { defaultCatalogue } from '../feeds/catalogue.ts';
import type { Feed, FeedPoll } from '../feeds/feed.ts';
import { parseJson, textIn } from '../feeds/formats/json.ts';
import { type Reading, ReadingBuilder } from '../feeds/reading.ts';
import { readStep, type StepWorld } from '../feeds/recorded-steps.ts';
import type { RecordedStep } from './manifest.ts';

export interface StepFeedWorld extends StepWorld {
  readonly clock: Clock;
}

/** How often a feed is asked, and at which second of the minute; a store's own word is pushed. */
interface Pace {
  readonly intervalMs: number;
  readonly second: number;
}

function paceOf(source: EventSource): Pace | undefined {
  if (source === 'store') return undefined;
  const live = must(
    defaultCatalogue().find((entry) => entry.source === source),
    'a feed of every source is watched',
  );
  return { intervalMs: live.intervalMs, second: live.second ?? 0 };
}

/** A step that became known, and what it said. */
export interface HeardStep {
  readonly step: RecordedStep;
  readonly reading: Reading;
}

export class StepFeed implements Feed {
  readonly name: string;
  readonly source: EventSource;
  readonly isComplete: boolean;
  readonly #world: StepFeedWorld;
  readonly #pace: Pace | undefined;
  readonly #steps: readonly RecordedStep[];
  /** Steps that the last poll brought. */
  heard: readonly HeardStep[] = [];
  #next = 0;
  #said: readonly Report[] = [];
  #lastNewsMs: number | undefined;
  /** Polls of the same list that still matter: what it stopped naming ends with the second. */
  #again = 0;

  /** `steps`: of one source, in the order of time. */
  constructor(source: EventSource, steps: readonly RecordedStep[], world: StepFeedWorld) {
    this.name = source;
    this.source = source;
    this.#steps = steps;
    this.#world = world;
    this.#pace = paceOf(source);
    this.isComplete =
      source === 'nws' && steps.every((step) => isList(world.readFile(step.file ?? '')));
  }

  /** The next poll that can change anything; infinite if there is none. */
  nextMs(): number {
    const step = this.#steps[this.#next];
    const news = step === undefined ? Number.POSITIVE_INFINITY : this.#pollAt(step.atMs);
    if (this.#again === 0 || this.#pace === undefined) return news;
    const againMs = must(this.#lastNewsMs, 'something was said') + this.#pace.intervalMs;
    return Math.min(news, againMs);
  }

  /** The poll that brings the last step. */
  lastMs(): number {
    return this.#pollAt(must(this.#steps.at(-1), 'a feed has steps').atMs);
  }

  /** The first poll at this time or after it. */
  #pollAt(timeMs: number): number {
    if (this.#pace === undefined) return timeMs;
    const { intervalMs, second } = this.#pace;
    const offsetMs = second * 1000;
    return Math.ceil((timeMs - offsetMs) / intervalMs) * intervalMs + offsetMs;
  }

  async poll(): Promise<FeedPoll> {
    const nowMs = this.#world.clock.nowMs();
    const builder = new ReadingBuilder();
    const heard: HeardStep[] = [];
    let said: readonly Report[] = this.isComplete ? this.#said : [];
    let saidMs = Number.NaN;
    for (let step = this.#due(nowMs); step !== undefined; step = this.#due(nowMs)) {
      this.#next++;
      const reading = this.#read(step);
      heard.push({ step, reading });
      builder.merge({ ...reading, reports: [] });
      // Lists of one moment are parts of one answer; a later one takes its place.
      const isAnew = this.isComplete && step.atMs !== saidMs;
      said = isAnew ? reading.reports : [...said, ...reading.reports];
      saidMs = step.atMs;
    }
    const hasNews = heard.length > 0;
    if (this.isComplete) this.#again = hasNews ? 1 : Math.max(0, this.#again - 1);
    this.heard = heard;
    this.#said = said;
    this.#lastNewsMs = nowMs;
    const { problems, ignored } = builder.done();
    return {
      ...{ feed: this.name, outcome: hasNews ? 'fresh' : 'unchanged', reports: said },
      ...{ ageMs: 0, isWhole: problems.every(({ isLost }) => !isLost), problems, ignored },
      nextPollMs: nowMs + (this.#pace?.intervalMs ?? MINUTE_MS),
    };
  }

  #due(nowMs: number): RecordedStep | undefined {
    const step = this.#steps[this.#next];
    return step !== undefined && step.atMs <= nowMs ? step : undefined;
  }

  /** A message that cannot be read is a problem of that message, as it is live. */
  #read(step: RecordedStep): Reading {
    try {
      return readStep(step.json, this.#world);
    } catch (error) {
      if (!(error instanceof KuraError)) throw error;
      const builder = new ReadingBuilder();
      builder.problem(step.file ?? this.name, error);
      return builder.done();
    }
  }
}

/** One alert by itself says nothing about others. */
function isList(bytes: Uint8Array): boolean {
  try {
    return textIn(parseJson(bytes, 'a recorded answer'), 'type') === 'FeatureCollection';
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    return false;
  }
}

/** A feed for every source that the manifest has steps of. */
export function stepFeeds(steps: readonly RecordedStep[], world: StepFeedWorld): StepFeed[] {
  const sources = [...new Set(steps.map(({ source }) => source))];
  return sources.map((source) => {
    const own = steps.filter((step) => step.source === source);
    return new StepFeed(source, own, world);
  });
}
