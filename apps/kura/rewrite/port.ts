// What `kura rewrite` works with: first what would go, then the act.
import type { ByteString, SnapshotId } from '@kura/base';
import type { TagView } from '../commands/views.ts';

export interface RewriteRequest {
  readonly snapshots: readonly SnapshotId[];
  /** True: this entry, and everything below it, goes. */
  readonly isCut: (path: ByteString, isFolder: boolean) => boolean;
}

/** What goes from one snapshot. */
export interface RewriteStepView {
  readonly snapshotId: SnapshotId;
  readonly timeMs: number;
  readonly hostname: string;
  /** Of any type but folder. */
  readonly files: number;
  readonly folders: number;
  readonly bytes: number;
  /** Its stamps stay those of the old record. */
  readonly isNotarised: boolean;
}

export interface RewriteAct {
  /** The old ones, each when the new one stands. */
  readonly forget: boolean;
  readonly onRewritten: (done: TagView) => void;
}

export interface Rewriting {
  /** Snapshots that change, the oldest first. */
  readonly steps: readonly RewriteStepView[];
  /** At all stores, of what nothing else needs; undefined: nobody can say now. */
  readonly bytesBack: number | undefined;
  carryOut(act: RewriteAct): Promise<void>;
}
