// The stores' own life in a replay: they say every moment how they are, and one whose grid is down lives on its fuel.
// When that is used up it says nothing any more, and answers nobody, until its power is back.
import { HOUR_MS, must, type StoreId } from '@kura/base';
import type { Network } from '@kura/coordinator';
import { readStep } from '@kura/coordinator/hazards/feeds/index.ts';
import type { RecordedStep } from '@kura/coordinator/hazards/replay/manifest.ts';
import type { HeardStep } from '@kura/coordinator/hazards/replay/step-feed.ts';
import { riskParameters } from '@kura/coordinator/hazards/risk/parameters.ts';
import { type Heartbeat, hearStore } from '@kura/coordinator/stores/heartbeat.ts';
import { MISSED_MS, noteMissedStores } from '@kura/coordinator/stores/missed.ts';
import type { Shelves } from './shelves.ts';

/** What became of a store. */
export interface PowerNews {
  readonly site: string;
  readonly what: 'grid lost' | 'grid back' | 'out of fuel' | 'answers again' | 'missed';
}

const NO_KEY = new Uint8Array(32);
const BEAT = {
  inventoryEpoch: 1,
  knownKeys: 0,
  revocations: 0,
  statement: undefined,
  scrub: undefined,
  mark: undefined,
  hold: undefined,
};
/** A store's own word stands in the manifest itself. */
const NO_FILES = { readFile: () => new Uint8Array(), placeOf: () => undefined };

export class PowerOfStores {
  readonly #network: Network;
  readonly #shelves: Shelves;
  /** Steps of this network's own stores. */
  readonly #steps: readonly RecordedStep[];
  readonly #darkMs = new Map<StoreId, number>();
  /** What each store says of its power with every heartbeat, once it has said anything. */
  readonly #said = new Map<StoreId, Heartbeat['power']>();
  #next = 0;

  constructor(network: Network, shelves: Shelves, steps: readonly RecordedStep[]) {
    this.#network = network;
    this.#shelves = shelves;
    this.#steps = steps;
  }

  /** The next word, end of fuel, or time at which a silent store is missed. */
  nextMs(): number {
    const nowMs = this.#network.clock.nowMs();
    const stepMs = this.#steps[this.#next]?.atMs ?? Number.POSITIVE_INFINITY;
    const ends = [...this.#darkMs.values()].flatMap((darkMs) => [darkMs, darkMs + 2 * MISSED_MS]);
    return Math.min(stepMs, ...ends.filter((timeMs) => timeMs > nowMs));
  }

  /** What happens now, into the network's tables as heartbeats bring it. */
  async advance(): Promise<{ readonly news: readonly PowerNews[]; readonly steps: HeardStep[] }> {
    const { clock, database } = this.#network;
    const nowMs = clock.nowMs();
    const news: PowerNews[] = [];
    const steps: HeardStep[] = [];
    await database.transact(async (rows) => {
      for (let step = this.#due(nowMs); step !== undefined; step = this.#due(nowMs)) {
        steps.push({ step, reading: readStep(step.json, NO_FILES) });
        news.push(...this.#hear(step));
      }
      for (const { storeId, store } of this.#shelves.all) {
        if (this.#shelves.isDark(storeId)) continue;
        const beat = { ...BEAT, freeBytes: store.freeBytes(), power: this.#said.get(storeId) };
        await hearStore(rows, storeId, { beat, options: { ticketKey: NO_KEY, nowMs } });
      }
      // It has said so to the last.
      for (const [id, darkMs] of this.#darkMs) {
        if (darkMs > nowMs || this.#shelves.isDark(id)) continue;
        this.#shelves.setDark(id, true);
        news.push({ site: this.#shelves.shelf(id).site, what: 'out of fuel' });
      }
      for (const id of await noteMissedStores(rows, nowMs)) {
        news.push({ site: this.#shelves.shelf(id).site, what: 'missed' });
      }
    });
    return { news, steps };
  }

  #due(nowMs: number): RecordedStep | undefined {
    const step = this.#steps[this.#next];
    if (step === undefined || step.atMs > nowMs) return undefined;
    this.#next++;
    return step;
  }

  #hear({ atMs, json }: RecordedStep): readonly PowerNews[] {
    const site = String(json.site);
    const { storeId } = must(this.#shelves.at(site), 'these steps are of stores');
    const hasUtilityPower = json.utility_power === true;
    const fuelHours = typeof json.fuel_hours === 'number' ? json.fuel_hours : undefined;
    const supply = typeof json.on === 'string' ? json.on : undefined;
    const said: PowerNews[] = [{ site, what: hasUtilityPower ? 'grid back' : 'grid lost' }];
    if (this.#shelves.isDark(storeId)) said.push({ site, what: 'answers again' });
    this.#shelves.setDark(storeId, false);
    if (hasUtilityPower) this.#darkMs.delete(storeId);
    else {
      const lastsHours = fuelHours ?? riskParameters().power.fuelHours;
      this.#darkMs.set(storeId, atMs + lastsHours * HOUR_MS);
    }
    this.#said.set(storeId, { hasUtilityPower, supply, fuelHours });
    return said;
  }
}
