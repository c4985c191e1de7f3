// The background work of a coordinator: each kind under its own lease, so that several coordinators on one set of
// tables share it, and one that dies is followed by another.
import { SECOND_MS, toHex } from '@kura/base';
import type { Metrics } from '@kura/daemon';
import { readDanger } from '../hazards/history/danger.ts';
import { PATIENCE_MS } from '../hazards/watch/hazard-watch.ts';
import {
  factsFrom,
  type OpenWatch,
  openWatch,
  type WatchSettings,
} from '../hazards/watch/open-watch.ts';
import { Leases } from '../leases/leases.ts';
import type { Danger } from '../moves/danger.ts';
import { type AdmitMember, MovePlanner } from '../moves/move-planner.ts';
import { type Job, type JobParts, jobsOf } from './jobs.ts';
import { Periodics } from './periodic.ts';

export interface BackgroundParts extends JobParts {
  readonly admit: AdmitMember;
  /** Absent: nobody outside is asked, and nothing is feared. */
  readonly hazards?: WatchSettings | undefined;
  readonly metrics?: Metrics;
}

const HOLDER_BYTES = 16;

export class Background {
  readonly #leases: Leases;
  readonly #periodics: Periodics;
  readonly #watch: OpenWatch | undefined;

  /** Throws `usage` or `io` for settings that make no sense. */
  constructor(parts: BackgroundParts) {
    const { network, random, hazards } = parts;
    const holder = toHex(random.bytes(HOLDER_BYTES));
    this.#leases = new Leases({ database: network.database, holder });
    // One table of base rates for what is shown and for what is planned.
    const factsOf = hazards === undefined ? undefined : factsFrom(hazards);
    const planner = new MovePlanner({ ...parts, leases: this.#leases, factsOf });
    const onDanger = (danger: Danger) => planner.consider(danger);
    this.#watch = hazards === undefined ? undefined : openWatch(hazards, { ...parts, onDanger });
    const watching = this.#watch === undefined ? [] : [watchJob(this.#watch)];
    const jobs = [...jobsOf(parts), plansJob(planner, parts), ...watching];
    this.#periodics = new Periodics(
      jobs.map(({ name, everyMs, step }) => ({
        ...{ name, everyMs },
        work: () => this.#work(name, step),
      })),
      parts,
    );
  }

  async start(): Promise<void> {
    await this.#periodics.start();
  }

  /** Leases are given back: another coordinator goes on at once. */
  async stop(): Promise<void> {
    await this.#periodics.stop();
    await this.#watch?.close();
    await this.#leases.giveBack();
  }

  async #work(name: string, step: Job['step']): Promise<void> {
    const lease = await this.#leases.take(name);
    if (lease !== undefined) await step(lease);
  }
}

/** Also without a watch: stores are drained, members move, copies are lost. */
function plansJob(planner: MovePlanner, { network, clock }: BackgroundParts): Job {
  return {
    name: 'plans',
    everyMs: 5 * SECOND_MS,
    step: () =>
      planner.keepUp(() => network.database.read((rows) => readDanger(rows, clock.nowMs()))),
  };
}

function watchJob({ watch }: OpenWatch): Job {
  let isFirst = true;
  return {
    name: 'hazards',
    everyMs: 5 * SECOND_MS,
    step: (lease) => {
      // A coordinator does not wait for the world before it serves.
      const patienceMs = isFirst ? 0 : PATIENCE_MS;
      isFirst = false;
      return watch.step(lease, patienceMs);
    },
  };
}
