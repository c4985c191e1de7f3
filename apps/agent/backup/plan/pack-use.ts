// Which packs a snapshot will need, by number; and the rescue of packs that prune has marked meanwhile.
import type { PackId, SessionId } from '@kura/base';
import type { CoordinatorPort } from '@kura/contract';
import { IN_SESSION } from '../../index/chunk-table.ts';
import type { PackCatalogue } from '../../index/pack-catalogue.ts';

export interface PackUseOptions {
  readonly catalogue: PackCatalogue;
  readonly coordinator: CoordinatorPort;
  readonly session: SessionId;
}

export class PackUse {
  readonly #options: PackUseOptions;
  readonly #used = new Set<number>();
  readonly #marked = new Set<number>();
  readonly #rescues = new Map<number, Promise<boolean>>();

  constructor(options: PackUseOptions) {
    this.#options = options;
    for (const entry of options.catalogue.entries()) {
      if (entry.row.state === 'marked') this.#marked.add(entry.number);
    }
  }

  add(packNumber: number): void {
    if (packNumber !== IN_SESSION) this.#used.add(packNumber);
  }

  /** Of what `ChunkTable.find` says: false if the chunk is not there, or in a marked pack. */
  tryUse(found: number | undefined): boolean {
    if (found === undefined || this.isMarked(found)) return false;
    this.add(found);
    return true;
  }

  isMarked(packNumber: number): boolean {
    return this.#marked.has(packNumber);
  }

  markedNumbers(): readonly number[] {
    return [...this.#marked];
  }

  /** True if the pack may be used from now on; asked once per pack. */
  rescue(packNumber: number): Promise<boolean> {
    const asked = this.#rescues.get(packNumber);
    if (asked !== undefined) return asked;
    const { catalogue, coordinator, session } = this.#options;
    const { packId } = catalogue.byNumber(packNumber).row;
    const rescue = coordinator.rescuePack(session, packId).then((isRescued) => {
      if (isRescued) this.#marked.delete(packNumber);
      return isRescued;
    });
    this.#rescues.set(packNumber, rescue);
    return rescue;
  }

  async rescueAll(packNumbers: readonly number[]): Promise<boolean> {
    for (const number of new Set(packNumbers)) {
      if (this.isMarked(number) && !(await this.rescue(number))) return false;
      this.add(number);
    }
    return true;
  }

  packIds(): readonly PackId[] {
    return [...this.#used].map((number) => this.#options.catalogue.byNumber(number).row.packId);
  }
}
