// Plays a manifest through a whole network on its own clock. The clock goes from one thing that happens to the next: a
// feed that is asked, a transfer that begins or ends, fuel that runs out, an operator who decides, an hour that is
// over, a time that a check asks about. At each of them the network does what it does live, and nothing else decides.
import { must } from '@kura/base';
import {
  type Assessment,
  type News,
  RiskKeeper,
} from '@kura/coordinator/hazards/history/risk-keeper.ts';
import type { History, Look, PairLook } from '@kura/coordinator/hazards/replay/history.ts';
import { judgeAll, type Verdict } from '@kura/coordinator/hazards/replay/judge.ts';
import type { Manifest } from '@kura/coordinator/hazards/replay/manifest.ts';
import type { NetworkPlan } from '@kura/coordinator/hazards/replay/network-plan.ts';
import {
  type HeardStep,
  type StepFeed,
  stepFeeds,
} from '@kura/coordinator/hazards/replay/step-feed.ts';
import { Actor, factsOfStores } from './act.ts';
import { Eyes } from './eyes.ts';
import { type FoundedReplay, foundReplay } from './found-replay.ts';
import type { Moment } from './moment.ts';
import { type Naming, namingOf } from './naming.ts';
import { Observer } from './observe.ts';
import { PowerOfStores } from './power.ts';
import { ReplayClock } from './replay-clock.ts';
import { askedTimes, beginOf, endOf, nextTickMs } from './span.ts';

export interface ReplayOptions {
  readonly manifest: Manifest;
  readonly plan: NetworkPlan;
  /** Every file that a step names. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Goes on for so long after the last step and check. */
  readonly playOnMs?: number;
  /** `named`: a text of the network in the words of the manifest. */
  readonly onMoment?: (moment: Moment, named: Naming) => void;
  readonly signal?: AbortSignal;
}

export interface Played {
  readonly history: History;
  readonly verdicts: readonly Verdict[];
  readonly named: Naming;
}

/** Every check's verdict. Throws `interrupted`, and what founding the network throws. */
export async function playReplay(options: ReplayOptions): Promise<Played> {
  const { manifest, plan } = options;
  const clock = new ReplayClock(beginOf(manifest));
  const founded = await foundReplay(manifest, plan, clock);
  try {
    const run = new Run(options, founded, clock);
    const history = await run.play();
    return { history, verdicts: judgeAll(manifest.checks, history), named: namingOf(founded) };
  } finally {
    founded.network.close();
  }
}

class Run {
  readonly #options: ReplayOptions;
  readonly #founded: FoundedReplay;
  readonly #clock: ReplayClock;
  readonly #feeds: readonly StepFeed[];
  readonly #power: PowerOfStores;
  readonly #keeper: RiskKeeper;
  readonly #observer: Observer;
  readonly #actor: Actor;
  readonly #eyes: Eyes;
  readonly #looks: Look[] = [];
  readonly #named: Naming;
  readonly #pairs: readonly (readonly [string, string])[];
  /** Ascending. */
  readonly #askedMs: readonly number[];
  readonly #endMs: number;
  /** When anything was heard last. */
  #newsMs: number;

  constructor(options: ReplayOptions, founded: FoundedReplay, clock: ReplayClock) {
    const { manifest, plan, files, playOnMs = 0 } = options;
    const { network, shelves, sites } = founded;
    this.#options = options;
    this.#founded = founded;
    this.#clock = clock;
    this.#newsMs = clock.nowMs();
    const isOwn = ({ json }: Manifest['steps'][number]): boolean =>
      json.source === 'store' && shelves.at(String(json.site)) !== undefined;
    const readFile = (path: string) => must(files.get(path), 'every file was read');
    const placeOf = (site: string) => sites.get(site)?.place;
    const others = manifest.steps.filter((step) => !isOwn(step));
    this.#feeds = stepFeeds(others, { clock, readFile, placeOf });
    this.#power = new PowerOfStores(network, shelves, manifest.steps.filter(isOwn));
    this.#keeper = new RiskKeeper({ network, factsOf: factsOfStores(founded) });
    this.#observer = new Observer(founded);
    this.#actor = new Actor({ founded, plan, log: this.#observer });
    this.#eyes = new Eyes(founded);
    this.#named = namingOf(founded);
    this.#pairs = manifest.checks.flatMap((check) =>
      check.kind === 'never_counts_as_independent' ? [check.sites] : [],
    );
    this.#askedMs = askedTimes(manifest);
    const lastStepMs = manifest.steps.at(-1)?.atMs ?? manifest.startMs;
    // What the last step says is known within a poll of its feed.
    const lastPollMs = Math.max(lastStepMs, ...this.#feeds.map((feed) => feed.lastMs()));
    this.#endMs = endOf(manifest, lastPollMs) + playOnMs;
  }

  async play(): Promise<History> {
    const startMs = this.#clock.nowMs();
    await this.#moment();
    for (;;) {
      this.#options.signal?.throwIfAborted();
      const nextMs = Math.ceil(await this.#nextMs());
      if (nextMs > this.#endMs) break;
      this.#clock.goTo(nextMs);
      await this.#moment();
    }
    await this.#observer.inspectShelves();
    const { copies, writes, moves } = this.#observer;
    const looks = this.#looks;
    const powerAreas = new Map(
      [...this.#founded.sites].map(([site, { place }]) => [site, place.powerArea]),
    );
    const { packs } = this.#founded;
    const pairs = this.#pairs;
    return { startMs, endMs: this.#endMs, powerAreas, pairs, looks, packs, copies, writes, moves };
  }

  async #nextMs(): Promise<number> {
    const nowMs = this.#clock.nowMs();
    return Math.min(
      ...this.#feeds.map((feed) => feed.nextMs()),
      this.#power.nextMs(),
      await this.#actor.nextMs(),
      this.#askedMs.find((timeMs) => timeMs > nowMs) ?? Number.POSITIVE_INFINITY,
      nextTickMs(nowMs, this.#newsMs),
    );
  }

  async #moment(): Promise<void> {
    const power = await this.#power.advance();
    const { news, heard } = await this.#askFeeds();
    await this.#actor.advance();
    const nowMs = this.#clock.nowMs();
    const assessment = await this.#keeper.take(news, { nowMs });
    const considered = await this.#actor.act(assessment.danger);
    const moves = await this.#observer.look(nowMs);
    const look = await this.#look(assessment);
    const said = [...power.steps, ...heard];
    if (said.length > 0) this.#newsMs = nowMs;
    const moment: Moment = {
      atMs: nowMs,
      heard: said,
      power: power.news,
      look,
      stances: this.#stanceNews(assessment),
      moves,
      unplaced: considered.unplaced,
    };
    this.#options.onMoment?.(moment, this.#named);
  }
  /** That all are calm in the beginning is no news. */
  #stanceNews({ stanceChanges }: Assessment): Moment['stances'] {
    const isFirst = this.#looks.length === 1;
    const news = stanceChanges.filter(({ stance }) => !isFirst || stance !== 'calm');
    return news.map(({ storeId, stance }) => {
      return { site: this.#founded.shelves.shelf(storeId).site, stance };
    });
  }

  async #askFeeds(): Promise<{ readonly news: readonly News[]; readonly heard: HeardStep[] }> {
    const news: News[] = [];
    const heard: HeardStep[] = [];
    const receivedMs = this.#clock.nowMs();
    for (const feed of this.#feeds) {
      if (feed.nextMs() > receivedMs) continue;
      news.push({ poll: await feed.poll(), isComplete: feed.isComplete, receivedMs });
      heard.push(...feed.heard);
    }
    return { news, heard };
  }

  async #look({ danger, outlook, ...rest }: Assessment): Promise<Look> {
    const standing = new Set(
      outlook.storeIds
        .filter((id, index) => {
          const stance = danger.stances.get(id)?.stance ?? 'calm';
          return stance !== 'leave' && outlook.stores[index]?.state !== 'lost';
        })
        .map((id) => this.#founded.shelves.shelf(id).site),
    );
    const { shared, ...seen } = this.#eyes.look({ danger, outlook, ...rest }, this.#pairs);
    const wanted = this.#options.plan.copies;
    const pairs: PairLook[] = [];
    for (const [index, pair] of this.#pairs.entries()) {
      const reliantPacks = await this.#observer.reliantPacks(pair, { standing, wanted });
      pairs.push({ sharedPerYear: shared[index] ?? 0, reliantPacks });
    }
    const look = { ...seen, pairs };
    this.#looks.push(look);
    return look;
  }
}
