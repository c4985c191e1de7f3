// What the writing verbs of a bucket share besides: the key that signs, who may store, and how full it is.
import type { Clock, CopyId, Random, Slots, StoreId } from '@kura/base';
import { type StoreAcknowledgement, signAcknowledgement } from '@kura/contract';
import type { Bulk } from '@kura/native';
import type { ClosingBook } from '../closing/closing-book.ts';
import type { FindingBook } from '../findings/finding-book.ts';
import type { ShelfRecord } from '../identity.ts';
import type { Owners } from '../owners/owners.ts';
import { ForeignLeaves } from '../scrub/foreign.ts';
import { WorkspacePool } from '../shelf/workspace.ts';
import type { Bucket } from './bucket.ts';
import { COPIES_PREFIX, copyOfObject } from './bucket-names.ts';
import { BucketContext } from './context.ts';
import { readObjectTable } from './open-object.ts';

export interface KeeperContextOptions {
  readonly bucket: Bucket;
  readonly bulk: Bulk;
  readonly record: ShelfRecord;
  /** Ed25519 seed of the store; it never lies in the bucket. */
  readonly seed: Uint8Array;
  readonly owners: Owners;
  /** Of members who were given notice. */
  readonly closings: ClosingBook;
  readonly storeKeys: ReadonlyMap<StoreId, Uint8Array>;
  readonly capacityBytes: number;
  /** Object lock: how long nobody deletes a copy; undefined without. */
  readonly retainMs?: number;
  readonly receives: Slots;
  readonly findings: FindingBook;
  readonly clock: Clock;
  readonly random: Random;
}

export class KeeperContext extends BucketContext {
  readonly seed: Uint8Array;
  readonly owners: Owners;
  /** Of members who were given notice. */
  readonly closings: ClosingBook;
  readonly storeKeys: ReadonlyMap<StoreId, Uint8Array>;
  readonly receives: Slots;
  readonly clock: Clock;
  readonly random: Random;
  readonly workspaces: WorkspacePool;
  /** What was found wrong with copies; kept before anything is healed. */
  readonly findings: FindingBook;
  /** Whose leaf lies in the place of another. */
  readonly foreign: ForeignLeaves;
  readonly #capacityBytes: number;
  readonly #retainMs: number | undefined;
  #usedBytes = 0;

  constructor(options: KeeperContextOptions) {
    super(options);
    this.seed = options.seed;
    this.owners = options.owners;
    this.closings = options.closings;
    this.storeKeys = options.storeKeys;
    this.receives = options.receives;
    this.clock = options.clock;
    this.random = options.random;
    this.findings = options.findings;
    const tables = {
      copies: () => this.copies(),
      leafHashesOf: async (copyId: CopyId) =>
        (await readObjectTable(this, copyId)).table.leafHashes,
    };
    this.foreign = new ForeignLeaves(tables, options.clock);
    this.workspaces = new WorkspacePool(this.shape);
    this.#capacityBytes = options.capacityBytes;
    this.#retainMs = options.retainMs;
  }

  /** What a put says about object lock. */
  retention(): { readonly retainUntilMs?: number } {
    if (this.#retainMs === undefined) return {};
    return { retainUntilMs: this.clock.nowMs() + this.#retainMs };
  }

  /** An object has come, or gone. */
  count(changeBytes: number): void {
    this.#usedBytes += changeBytes;
  }

  freeBytes(): number {
    return Math.max(0, this.#capacityBytes - this.#usedBytes);
  }

  /** In order of their names. */
  async *copies(): AsyncGenerator<CopyId> {
    for await (const { key } of this.bucket.list(COPIES_PREFIX)) {
      const id = copyOfObject(key);
      if (id !== undefined) yield id;
    }
  }

  sign(copyId: CopyId, leafCount: number, root: Uint8Array): StoreAcknowledgement {
    const { storeId } = this.record.identity;
    const timeMs = this.clock.nowMs();
    return signAcknowledgement({ storeId, copyId, leafCount, root, timeMs }, this.seed);
  }
}
