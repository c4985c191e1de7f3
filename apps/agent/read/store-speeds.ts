// How long each store takes for a window, from what was fetched of it: in this run, and within the last week. One
// that nobody has measured is tried before the others, because trying is measuring.
import {
  type Clock,
  DAY_MS,
  type Disk,
  KIB,
  MINUTE_MS,
  type Random,
  type StoreId,
  utf8,
} from '@kura/base';
import { readCachedJson, replaceFile } from '../small-file.ts';

/** A store is as fast as it was lately: the newest answer counts a quarter. */
const WEIGHT = 0.25;
/** After a fault it is asked last for so long. */
const FAULT_MS = MINUTE_MS;
const REMEMBERED_MS = 7 * DAY_MS;
const MAX_FILE_BYTES = 256 * KIB;
/** Of a store after a fault: behind any that answers. */
const AFTER_FAULT_MS = 1e9;
/** Stores that take no longer than so many times the best one are worth being read beside it. */
const COMPARABLE = 4;
/** Of a window: a piece of 4 MiB takes no longer than seven seconds then. */
const FAST_WINDOW_MS = 400;

interface Speed {
  readonly windowMs: number;
  readonly atMs: number;
}

export class StoreSpeeds {
  readonly #clock: Clock;
  readonly #known: Map<StoreId, Speed>;
  readonly #faultMs = new Map<StoreId, number>();

  constructor(clock: Clock, known: ReadonlyMap<StoreId, Speed> = new Map()) {
    this.#clock = clock;
    this.#known = new Map(known);
  }

  /** Milliseconds that a window is expected to take; 0 if nobody knows. */
  windowMs(store: StoreId): number {
    return this.hasFault(store) ? AFTER_FAULT_MS : (this.#known.get(store)?.windowMs ?? 0);
  }

  /** It failed a moment ago. */
  hasFault(store: StoreId): boolean {
    const faultMs = this.#faultMs.get(store);
    return faultMs !== undefined && this.#clock.elapsedMs() - faultMs < FAULT_MS;
  }

  /** The least that a window takes at any other store that answers; undefined if nobody knows. */
  bestWindowMs(except: StoreId): number | undefined {
    const others = [...this.#known].filter(([store]) => store !== except && !this.hasFault(store));
    return others.length === 0
      ? undefined
      : Math.min(...others.map(([, { windowMs }]) => windowMs));
  }

  /** The best store, and all that are about as good, were measured at so much that large pieces hold nobody up. */
  isFast(): boolean {
    const stores = [...this.#known.keys()].toSorted((a, b) => this.windowMs(a) - this.windowMs(b));
    const read = this.comparable(stores);
    return read.length > 0 && read.every((store) => this.windowMs(store) <= FAST_WINDOW_MS);
  }

  /** Of stores in the order in which they are asked: those that are about as good as the first. */
  comparable(stores: readonly StoreId[]): readonly StoreId[] {
    const [first] = stores;
    if (first === undefined) return [];
    const most = Math.max(1, this.windowMs(first)) * COMPARABLE;
    return stores.filter((store) => !this.hasFault(store) && this.windowMs(store) <= most);
  }

  note(store: StoreId, windowMs: number): void {
    const before = this.#known.get(store)?.windowMs;
    const now = before === undefined ? windowMs : before + (windowMs - before) * WEIGHT;
    this.#known.set(store, { windowMs: now, atMs: this.#clock.nowMs() });
    this.#faultMs.delete(store);
  }

  noteFault(store: StoreId): void {
    this.#faultMs.set(store, this.#clock.elapsedMs());
  }

  /** What is worth remembering, as it is written. */
  remembered(): ReadonlyMap<StoreId, Speed> {
    const sinceMs = this.#clock.nowMs() - REMEMBERED_MS;
    return new Map([...this.#known].filter(([, { atMs }]) => atMs >= sinceMs));
  }
}

function pathOf(homeFolder: string): string {
  return `${homeFolder}/agent/stores.json`;
}

/** Of what was remembered; nothing of it if the file is damaged: it is a cache. */
export function readStoreSpeeds(disk: Disk, homeFolder: string, clock: Clock): StoreSpeeds {
  const known = new Map<StoreId, Speed>();
  const { stores } = readCachedJson(disk, { path: pathOf(homeFolder), maxBytes: MAX_FILE_BYTES });
  for (const [store, speed] of Object.entries(stores ?? {})) {
    const { windowMs, atMs } = (speed ?? {}) as { readonly [N in keyof Speed]?: unknown };
    const isRecent = typeof atMs === 'number' && clock.nowMs() - atMs < REMEMBERED_MS;
    if (!isRecent || typeof windowMs !== 'number' || !(windowMs >= 0)) continue;
    if (/^[0-9a-f]{32}$/.test(store)) known.set(store as StoreId, { windowMs, atMs });
  }
  return new StoreSpeeds(clock, known);
}

export async function writeStoreSpeeds(
  access: { readonly disk: Disk; readonly random: Random },
  homeFolder: string,
  speeds: StoreSpeeds,
): Promise<void> {
  const text = JSON.stringify({ version: 1, stores: Object.fromEntries(speeds.remembered()) });
  await replaceFile(access, pathOf(homeFolder), utf8(`${text}\n`));
}
