// The file of a copy, as it grows: every leaf is hashed once in the call that brings it, parity is made on the way,
// tables come last. Where the bytes go is the medium's; what a shelf file is, is the same on every medium
// (docs/design/format.md). Memory does not depend on the size of the copy.
import { type CopyId, KuraError, type MemberId, type NetworkShape } from '@kura/base';
import { treeHead } from '@kura/log/hash.ts';
import type { Bulk } from '@kura/native';
import {
  GROUP_LEAVES,
  GROUP_PARITY_LEAVES,
  geometryOf,
  HASH_BYTES,
  leafPosition,
  parityPosition,
  ROWS,
  type ShelfGeometry,
} from './layout.ts';
import { encodeTable } from './table.ts';
import type { Workspace } from './workspace.ts';

/** Where a copy's file grows: on a disk, or in memory. */
export interface Medium {
  write(bytes: Uint8Array, position: number): void;
  /** Resolves when `bytes` may be changed again; a failure comes back in every later call as well. */
  writeBehind(bytes: Uint8Array, position: number): Promise<void>;
}

export interface AssemblyOptions {
  readonly bulk: Bulk;
  readonly shape: NetworkShape;
  readonly copyId: CopyId;
  readonly member: MemberId;
  readonly medium: Medium;
  /** In use until the copy is finished or given up. */
  readonly workspace: Workspace;
}

/** A copy all of whose bytes are with the medium; not durable yet. */
export interface AssembledCopy {
  readonly geometry: ShelfGeometry;
  readonly root: Uint8Array;
  /** One SHA-256 per leaf, in memory of its own. */
  readonly leafHashes: Uint8Array;
}

export class CopyAssembly {
  readonly #options: AssemblyOptions;
  #leafCount = 0;
  /** The parity of the group before is still on its way to the medium. */
  #isParityUnderWay = false;

  constructor(options: AssemblyOptions) {
    this.#options = options;
    options.workspace.parity.reset();
  }

  /** Whole leaves; resolves when they may be changed. Throws `refused`, and what the medium throws. */
  async append(outer: Uint8Array): Promise<void> {
    const { leafBytes, packLeaves } = this.#options.shape;
    const leaves = outer.length / leafBytes;
    if (!Number.isInteger(leaves)) throw this.#refuse('it does not come in whole leaves');
    if (this.#leafCount + leaves > packLeaves[2]) throw this.#refuse('it is too large');
    const underWay: Promise<void>[] = [];
    for (let at = 0; at < leaves; ) {
      const room = GROUP_LEAVES - (this.#leafCount % GROUP_LEAVES);
      const count = Math.min(room, leaves - at);
      const run = outer.subarray(at * leafBytes, (at + count) * leafBytes);
      underWay.push(this.#writeRun(run, count));
      at += count;
    }
    await Promise.all(underWay);
  }

  /** The last parity and both tables. Throws `refused` for a number of leaves that no pack has. */
  end(): AssembledCopy {
    const { shape, workspace } = this.#options;
    const leafCount = this.#leafCount;
    if (!shape.packLeaves.includes(leafCount)) {
      throw this.#refuse(`no pack of this network has ${leafCount} leaves`);
    }
    const geometry = geometryOf(shape.leafBytes, leafCount);
    this.#writeParity(parityPosition(geometry, geometry.groupCount - 1));
    const root = this.#writeTables(geometry);
    return { geometry, root, leafHashes: workspace.leafHashes.slice(0, leafCount * HASH_BYTES) };
  }

  #refuse(why: string): KuraError {
    return new KuraError('refused', `copy ${this.#options.copyId} is not taken: ${why}`);
  }

  /**
   * Leaves of one group: hashes and parity now, the write behind. Parity of the group before goes
   * first.
   */
  #writeRun(run: Uint8Array, count: number): Promise<void> {
    const { bulk, shape, workspace, medium } = this.#options;
    const { parity, leafHashes } = workspace;
    const first = this.#leafCount;
    const position = leafPosition(shape.leafBytes, first);
    if (first > 0 && first % GROUP_LEAVES === 0) {
      this.#writeParity(position - GROUP_PARITY_LEAVES * shape.leafBytes);
    }
    const hashes = leafHashes.subarray(first * HASH_BYTES, (first + count) * HASH_BYTES);
    bulk.sha256Each(run, shape.leafBytes, hashes);
    for (let index = 0; index < count; index++) {
      const leaf = run.subarray(index * shape.leafBytes, (index + 1) * shape.leafBytes);
      const inGroup = (first + index) % GROUP_LEAVES;
      parity.accumulate(inGroup % ROWS, Math.floor(inGroup / ROWS), leaf);
    }
    this.#leafCount += count;
    return medium.writeBehind(run, position);
  }

  /**
   * Of the group that ends here. Where it lies is known only when another group or the end
   * follows.
   */
  #writeParity(position: number): void {
    const { bulk, shape, workspace, medium } = this.#options;
    const { parity, parityHashes, finishedParity } = workspace;
    const group = Math.ceil(this.#leafCount / GROUP_LEAVES) - 1;
    const bytes = GROUP_PARITY_LEAVES * HASH_BYTES;
    const hashes = parityHashes.subarray(group * bytes, (group + 1) * bytes);
    bulk.sha256Each(parity.leaves, shape.leafBytes, hashes);
    if (this.#isParityUnderWay) {
      medium.write(parity.leaves, position);
    } else {
      finishedParity.set(parity.leaves);
      this.#isParityUnderWay = true;
      this.#writeBehind(finishedParity, position, () => {
        this.#isParityUnderWay = false;
      });
    }
    parity.reset();
  }

  /** A failure is thrown by whatever comes next: the medium remembers it. */
  #writeBehind(bytes: Uint8Array, position: number, done = (): void => undefined): void {
    this.#options.medium.writeBehind(bytes, position).then(done, done);
  }

  /** Returns the root. */
  #writeTables(geometry: ShelfGeometry): Uint8Array {
    const { bulk, copyId, member: memberId, workspace } = this.#options;
    const { leafCount, parityLeafCount, tableBytes, tablePositions } = geometry;
    const leafHashes = workspace.leafHashes.subarray(0, leafCount * HASH_BYTES);
    const parityHashes = workspace.parityHashes.subarray(0, parityLeafCount * HASH_BYTES);
    const root = treeHead(leafHashes);
    const into = workspace.table.subarray(0, tableBytes);
    encodeTable({ copyId, memberId, root, leafHashes, parityHashes }, geometry, { bulk, into });
    for (const position of tablePositions) this.#writeBehind(into, position);
    return root;
  }
}
