// Packs of a replay are real and small; what they stand for is large. One factor between the two holds for packs,
// shelves and lines alike, so that a transfer takes the time that the large one would.
import { GIB, must } from '@kura/base';
import type { NetworkPlan, PlannedStore } from '@kura/coordinator/hazards/replay/network-plan.ts';
import { REPLAY_SHAPE } from './shelves.ts';

const BYTES_PER_MBIT = 125_000;

/** Leaves of every pack: of the three sizes the smallest. */
export const PACK_LEAVES = must(REPLAY_SHAPE.packLeaves[0], 'the smallest size');
export const PACK_BYTES = PACK_LEAVES * REPLAY_SHAPE.leafBytes;

export class Scale {
  /** Bytes that one stored byte stands for. */
  readonly factor: number;

  constructor({ gibPerPack }: Pick<NetworkPlan, 'gibPerPack'>) {
    this.factor = (gibPerPack * GIB) / PACK_BYTES;
  }

  capacityBytes({ capacityGib }: PlannedStore): number {
    return Math.floor((capacityGib * GIB) / this.factor);
  }

  lineMbit({ lineMbit }: PlannedStore): number {
    return lineMbit / this.factor;
  }

  bytesPerSecond(store: PlannedStore): number {
    return this.lineMbit(store) * BYTES_PER_MBIT;
  }

  /** As people know it. */
  realBytes(storedBytes: number): number {
    return storedBytes * this.factor;
  }
}
