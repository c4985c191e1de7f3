// Takes finished packs from the lines and makes them count: rows at the coordinator first, then the agent's
// own index. Packs that finish while a transaction runs go into the next one together.
import type { PackId, SessionId } from '@kura/base';
import type { CoordinatorPort } from '@kura/contract';
import type { EarlyPack } from '../early/early-backups.ts';
import type { IndexWriter } from '../index/index-file.ts';
import type { FinishedPack } from './line/tasks.ts';

export interface PackRecorderOptions {
  readonly coordinator: CoordinatorPort;
  readonly session: SessionId;
  readonly index: IndexWriter;
}

export class PackRecorder {
  readonly #options: PackRecorderOptions;
  #waiting: FinishedPack[] = [];
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;
  #failure: unknown;
  readonly packIds: PackId[] = [];
  /** Those that were handed over. */
  readonly earlyPacks: EarlyPack[] = [];
  leafCount = 0;
  copiesMin = Number.POSITIVE_INFINITY;

  constructor(options: PackRecorderOptions) {
    this.#options = options;
  }

  add(pack: FinishedPack): void {
    this.#waiting.push(pack);
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#running = this.#recordAll();
  }

  /** Resolves when all packs so far count; throws what went wrong. */
  async settled(): Promise<void> {
    await this.#running;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #recordAll(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const packs = this.#waiting;
        this.#waiting = [];
        await this.#record(packs);
      }
    } catch (error) {
      this.#failure ??= error;
    } finally {
      this.#isRunning = false;
    }
  }

  async #record(packs: readonly FinishedPack[]): Promise<void> {
    const { coordinator, session, index } = this.#options;
    // One without a copy is on its way to stores: the network makes its rows when it has them.
    const stored = packs.map((pack) => pack.record).filter(({ copies }) => copies.length > 0);
    if (stored.length > 0) await coordinator.recordPacks(session, stored);
    for (const pack of packs) {
      index.append(pack.index);
      const { packId, leafCount } = pack.record;
      const { toLookFor: leaves } = pack;
      if (leaves !== undefined) this.earlyPacks.push({ packId, leafCount, leaves, seen: [] });
      this.packIds.push(packId);
      this.leafCount += leafCount;
      this.copiesMin = Math.min(this.copiesMin, pack.record.copies.length);
    }
  }
}
