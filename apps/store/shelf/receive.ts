// Takes a copy in: every leaf is hashed once in the call that brings it and goes to the medium behind
// it, parity is made on the way, and the acknowledgement is signed only after the copy is durable
// under its name and was read back past the page cache (docs/design/ordering.md). Memory per copy
// does not depend on its size.
import { asKuraError, assert, type CopyId, equalBytes, KuraError, type MemberId } from '@kura/base';
import { type AcknowledgedCopy, type CopyReceiver, signAcknowledgement } from '@kura/contract';
import { treeHead } from '@kura/log';
import { scrub } from '../scrub/scrub.ts';
import type { ShelfContext } from './context.ts';
import { DurableFile } from './durable-write.ts';
import {
  copyPath,
  fanOutFolder,
  GROUP_LEAVES,
  GROUP_PARITY_LEAVES,
  geometryOf,
  HASH_BYTES,
  leafPosition,
  parityPosition,
  ROWS,
  type ShelfGeometry,
} from './layout.ts';
import { statCopy } from './stat.ts';
import { encodeTable } from './table.ts';
import { verifyWritten } from './verify-written.ts';
import type { Workspace } from './workspace.ts';

/**
 * A name that is taken is examined and tried again this often; each time something was cleared
 * away.
 */
const MAX_NAME_TRIES = 3;

export class ShelfReceiver implements CopyReceiver {
  readonly #context: ShelfContext;
  readonly #copyId: CopyId;
  readonly #member: MemberId;
  readonly #file: DurableFile;
  readonly #maxLeaves: number;
  #workspace: Workspace | undefined;
  #leafCount = 0;
  /** The parity of the group before is still on its way to the medium. */
  #isParityUnderWay = false;
  #failure: KuraError | undefined;

  constructor(context: ShelfContext, copyId: CopyId, member: MemberId) {
    this.#context = context;
    this.#copyId = copyId;
    this.#member = member;
    this.#maxLeaves = context.shape.packLeaves[2];
    this.#file = new DurableFile(context.place, { direct: true });
    this.#workspace = context.workspaces.take();
    this.#workspace.parity.reset();
  }

  async write(outer: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const workspace = this.#open();
    const { leafBytes } = this.#context.shape;
    try {
      const leaves = outer.length / leafBytes;
      if (!Number.isInteger(leaves)) throw this.#refuse('it does not come in whole leaves');
      if (this.#leafCount + leaves > this.#maxLeaves) throw this.#refuse('it is too large');
      const underWay: Promise<void>[] = [];
      for (let at = 0; at < leaves; ) {
        const room = GROUP_LEAVES - (this.#leafCount % GROUP_LEAVES);
        const count = Math.min(room, leaves - at);
        const run = outer.subarray(at * leafBytes, (at + count) * leafBytes);
        underWay.push(this.#writeRun(workspace, run, count));
        at += count;
      }
      await Promise.all(underWay);
    } catch (error) {
      throw this.#giveUp(error, 'a copy could not be written');
    }
  }

  async finish(): Promise<AcknowledgedCopy> {
    const workspace = this.#open();
    const context = this.#context;
    try {
      const leafCount = this.#leafCount;
      if (!context.shape.packLeaves.includes(leafCount)) {
        throw this.#refuse(`no pack of this network has ${leafCount} leaves`);
      }
      const seed = context.seed();
      const geometry = geometryOf(context.shape.leafBytes, leafCount);
      this.#writeParity(workspace, parityPosition(geometry, geometry.groupCount - 1));
      const root = this.#writeTables(workspace, geometry);
      await this.#file.seal();
      await this.#publish(root);
      await verifyWritten(context, { copyId: this.#copyId, geometry, workspace });
      const { storeId } = context.record.identity;
      const timeMs = context.clock.nowMs();
      const fields = { storeId, copyId: this.#copyId, leafCount, root, timeMs };
      const leafHashes = workspace.leafHashes.slice(0, leafCount * HASH_BYTES);
      return { acknowledgement: signAcknowledgement(fields, seed), leafHashes };
    } catch (error) {
      throw this.#giveUp(error, 'a copy could not be made durable');
    } finally {
      this.#close();
    }
  }

  abort(): void {
    this.#file.discard();
    this.#close();
  }

  #open(): Workspace {
    assert(this.#workspace !== undefined, 'this copy has been finished or given up');
    return this.#workspace;
  }

  #close(): void {
    if (this.#workspace !== undefined) this.#context.workspaces.give(this.#workspace);
    this.#workspace = undefined;
  }

  #giveUp(error: unknown, message: string): KuraError {
    this.abort();
    const context = { store: this.#context.record.identity.storeId, copy: this.#copyId };
    this.#failure ??= asKuraError(error, message, { context });
    return this.#failure;
  }

  #refuse(why: string): KuraError {
    return new KuraError('refused', `copy ${this.#copyId} is not taken: ${why}`);
  }

  /**
   * Leaves of one group: hashes and parity now, the write behind. Parity of the group before goes
   * first.
   */
  #writeRun(workspace: Workspace, run: Uint8Array, count: number): Promise<void> {
    const { bulk, shape } = this.#context;
    const { parity, leafHashes } = workspace;
    const first = this.#leafCount;
    const position = leafPosition(shape.leafBytes, first);
    if (first > 0 && first % GROUP_LEAVES === 0) {
      this.#writeParity(workspace, position - GROUP_PARITY_LEAVES * shape.leafBytes);
    }
    for (let index = 0; index < count; index++) {
      const leaf = run.subarray(index * shape.leafBytes, (index + 1) * shape.leafBytes);
      const at = (first + index) * HASH_BYTES;
      bulk.sha256(leaf, leafHashes.subarray(at, at + HASH_BYTES));
      const inGroup = (first + index) % GROUP_LEAVES;
      parity.accumulate(inGroup % ROWS, Math.floor(inGroup / ROWS), leaf);
    }
    this.#leafCount += count;
    return this.#file.writeBehind(run, position);
  }

  /**
   * Of the group that ends here. Where it lies is known only when another group or the end
   * follows.
   */
  #writeParity(workspace: Workspace, position: number): void {
    const { parity, parityHashes, finishedParity } = workspace;
    const group = Math.ceil(this.#leafCount / GROUP_LEAVES) - 1;
    for (let index = 0; index < GROUP_PARITY_LEAVES; index++) {
      const at = (group * GROUP_PARITY_LEAVES + index) * HASH_BYTES;
      this.#context.bulk.sha256(parity.leaf(index), parityHashes.subarray(at, at + HASH_BYTES));
    }
    if (this.#isParityUnderWay) {
      this.#file.write(parity.leaves, position);
    } else {
      finishedParity.set(parity.leaves);
      this.#writeParityBehind(finishedParity, position);
    }
    parity.reset();
  }

  /** A failure is thrown by whatever comes next: the file remembers it. */
  #writeParityBehind(parity: Uint8Array, position: number): void {
    this.#isParityUnderWay = true;
    const done = (): void => {
      this.#isParityUnderWay = false;
    };
    this.#file.writeBehind(parity, position).then(done, done);
  }

  /** Returns the root. */
  #writeTables(workspace: Workspace, geometry: ShelfGeometry): Uint8Array {
    const { leafCount, parityLeafCount, tableBytes, tablePositions } = geometry;
    const leafHashes = workspace.leafHashes.subarray(0, leafCount * HASH_BYTES);
    const parityHashes = workspace.parityHashes.subarray(0, parityLeafCount * HASH_BYTES);
    const root = treeHead(leafHashes);
    const table = {
      copyId: this.#copyId,
      memberId: this.#member,
      root,
      leafHashes,
      parityHashes,
    };
    const bytes = workspace.table.subarray(0, tableBytes);
    encodeTable(table, geometry, { bulk: this.#context.bulk, into: bytes });
    for (const position of tablePositions) this.#file.write(bytes, position);
    return root;
  }

  /** Under its name, or the same bytes were there already and are whole. */
  async #publish(root: Uint8Array): Promise<void> {
    const context = this.#context;
    context.checkTrusted();
    await context.ensureFolders();
    const path = copyPath(context.paths, this.#copyId);
    for (let tries = 0; tries < MAX_NAME_TRIES; tries++) {
      if (await this.#file.publish(path, (folder) => context.syncFolder(folder))) return;
      const { state } = await scrub(context, this.#copyId);
      if (state === 'damaged' || state === 'missing') continue;
      if (!equalBytes(statCopy(context, this.#copyId).root, root)) break;
      this.#file.discard();
      await context.syncFolder(fanOutFolder(context.paths, this.#copyId));
      return;
    }
    throw new KuraError('already_exists', `another copy has the name ${this.#copyId}`, {
      guidance: 'A name is never used again for other bytes: this is a fault or an attack.',
    });
  }
}
