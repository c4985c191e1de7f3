// The network's pack rows as this process knows them: asked for once, then only for what has changed. Rows are
// the coordinator's word; this is a cache of it, and losing it loses nothing.
import { type PackId, Turns } from '@kura/base';
import type { PackChanges, PackRow } from '@kura/contract';

/** Of one call: more would be too long an answer, fewer more round trips. */
const PAGE_ROWS = 10_000;

export type ChangedPacks = (sinceTick: number, limit: number) => Promise<PackChanges>;

export class PackMirror {
  readonly #changed: ChangedPacks;
  readonly #rows = new Map<PackId, PackRow>();
  readonly #turns = new Turns();
  #tick = 0;
  #sorted: readonly PackRow[] | undefined;

  constructor(changed: ChangedPacks) {
    this.#changed = changed;
  }

  /** All rows as they are now, ordered by id. */
  refresh(): Promise<readonly PackRow[]> {
    return this.#turns.take(() => this.#refresh());
  }

  /** As of the last `refresh`. */
  known(): readonly PackRow[] {
    this.#sorted ??= [...this.#rows.values()].sort((a, b) => (a.packId < b.packId ? -1 : 1));
    return this.#sorted;
  }

  async #refresh(): Promise<readonly PackRow[]> {
    for (let isComplete = false; !isComplete; ) {
      const changes = await this.#changed(this.#tick, PAGE_ROWS);
      this.#take(changes);
      isComplete = changes.isComplete;
    }
    return this.known();
  }

  #take({ tick, rows, dropped }: PackChanges): void {
    this.#tick = tick;
    if (rows.length === 0 && dropped.length === 0) return;
    this.#sorted = undefined;
    for (const row of rows) this.#rows.set(row.packId, row);
    for (const packId of dropped) this.#rows.delete(packId);
  }
}
