// What must be true: the snapshots that were acknowledged, each with the tree it was made of, and what was
// done to the copies. Knows nothing of packs; it is what a person would remember.
import type { CopyId, SnapshotId, StoreId } from '@kura/base';
import type { SavedTree } from './source-tree.ts';

/** One byte that was changed behind a store's back; whether it still is so can be looked up. */
export interface Rot {
  readonly storeId: StoreId;
  readonly copyId: CopyId;
  readonly path: string;
  readonly position: number;
  readonly original: number;
}

export class Model {
  /** In custody: each must be restorable, byte for byte. */
  readonly snapshots = new Map<SnapshotId, SavedTree>();
  /** Stores with copies that are hurt or away. At most one, or nothing could be promised. */
  readonly hurt = new Set<StoreId>();
  rot: Rot[] = [];
}

/** The rule that is broken; carries what a person needs to see. */
export class Violation extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'Violation';
  }
}
