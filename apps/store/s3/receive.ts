// Takes a copy into a bucket (docs/design/store-daemon.md, S3 shelf): the file of the copy grows in memory,
// goes out in one conditional put that the server checks against two digests, and is looked at again before
// the signature. Nothing half-written can stay: there is one request that makes it.
import { asKuraError, assert, type CopyId, equalBytes, KuraError, type MemberId } from '@kura/base';
import type { AcknowledgedCopy, CopyReceiver } from '@kura/contract';
import { type AssembledCopy, CopyAssembly, type Medium } from '../shelf/assembly.ts';
import { geometryOf, HASH_BYTES, leafPosition } from '../shelf/layout.ts';
import type { Workspace } from '../shelf/workspace.ts';
import { copyObject } from './bucket-names.ts';
import type { KeeperContext } from './keeper-context.ts';
import { readObjectTable } from './open-object.ts';
import { scrubObject } from './scrub.ts';

/** A name that is taken is examined and tried again this often; each time something was cleared away. */
const MAX_NAME_TRIES = 3;
const LEAVES_READ_BACK = 2;

/** A copy's file in memory. */
class Image implements Medium {
  readonly bytes: Uint8Array;

  constructor(sizeBytes: number) {
    this.bytes = new Uint8Array(sizeBytes);
  }

  write(bytes: Uint8Array, position: number): void {
    if (position + bytes.length > this.bytes.length) {
      throw new KuraError('refused', 'a copy is not taken: it is larger than was said');
    }
    this.bytes.set(bytes, position);
  }

  async writeBehind(bytes: Uint8Array, position: number): Promise<void> {
    this.write(bytes, position);
  }
}

export interface Receiving {
  readonly copyId: CopyId;
  readonly member: MemberId;
  readonly sizeBytes: number;
  /** Of the slot that this copy has. */
  readonly onEnd: () => void;
}

export class BucketReceiver implements CopyReceiver {
  readonly #context: KeeperContext;
  readonly #receiving: Receiving;
  readonly #image: Image;
  readonly #assembly: CopyAssembly;
  #workspace: Workspace | undefined;
  #failure: KuraError | undefined;

  constructor(context: KeeperContext, receiving: Receiving) {
    const { bulk, shape, workspaces } = context;
    const { copyId, member, sizeBytes } = receiving;
    this.#context = context;
    this.#receiving = receiving;
    const { leafBytes, packLeaves } = shape;
    const leaves = packLeaves.find((count) => count * leafBytes >= sizeBytes) ?? packLeaves[2];
    this.#image = new Image(geometryOf(leafBytes, leaves).fileBytes);
    const workspace = workspaces.take();
    this.#workspace = workspace;
    const medium = this.#image;
    this.#assembly = new CopyAssembly({ bulk, shape, copyId, member, medium, workspace });
  }

  async write(outer: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#checkOpen();
    try {
      await this.#assembly.append(outer);
    } catch (error) {
      throw this.#giveUp(error, 'a copy could not be taken');
    }
  }

  async finish(): Promise<AcknowledgedCopy> {
    this.#checkOpen();
    const { copyId } = this.#receiving;
    try {
      const copy = this.#assembly.end();
      await this.#publish(copy);
      await this.#verify(copy);
      const { geometry, root, leafHashes } = copy;
      this.#context.remember(copyId, geometry);
      return {
        acknowledgement: this.#context.sign(copyId, geometry.leafCount, root),
        leafHashes,
      };
    } catch (error) {
      throw this.#giveUp(error, 'a copy could not be made durable');
    } finally {
      this.#close();
    }
  }

  abort(): void {
    this.#close();
  }

  #checkOpen(): void {
    assert(this.#workspace !== undefined, 'this copy has been finished or given up');
  }

  #close(): void {
    if (this.#workspace === undefined) return;
    this.#context.workspaces.give(this.#workspace);
    this.#workspace = undefined;
    this.#receiving.onEnd();
  }

  #giveUp(error: unknown, message: string): KuraError {
    this.#close();
    const context = {
      store: this.#context.record.identity.storeId,
      copy: this.#receiving.copyId,
    };
    this.#failure ??= asKuraError(error, message, { context });
    return this.#failure;
  }

  /**
   * Under its name, or the same bytes were there already and are whole; among these may be an earlier try of this
   * very put whose answer was lost.
   */
  async #publish({ geometry, root }: AssembledCopy): Promise<void> {
    const context = this.#context;
    const { copyId } = this.#receiving;
    const key = copyObject(copyId);
    const bytes = this.#image.bytes.subarray(0, geometry.fileBytes);
    for (let tries = 0; tries < MAX_NAME_TRIES; tries++) {
      const put = { key, bytes, over: 'new', ...context.retention() } as const;
      if ((await context.bucket.put(put)) === 'stored') return context.count(bytes.length);
      const { state } = await scrubObject(context, copyId);
      if (state === 'damaged' || state === 'missing') continue;
      if (equalBytes((await readObjectTable(context, copyId)).table.root, root)) return;
      break;
    }
    throw new KuraError('already_exists', `another copy has the name ${copyId}`, {
      guidance: 'A name is never used again for other bytes: this is a fault or an attack.',
    });
  }

  /** The last look before a signature: length and two random leaves, as the bucket gives them out. */
  async #verify(copy: AssembledCopy): Promise<void> {
    if (await this.#isAsWritten(copy)) return;
    const { copyId } = this.#receiving;
    await scrubObject(this.#context, copyId);
    throw new KuraError('io', `the bucket did not keep copy ${copyId} as it was written`, {
      guidance: 'Its server may be failing; check it before you use this store again.',
    });
  }

  async #isAsWritten({ geometry, leafHashes }: AssembledCopy): Promise<boolean> {
    const { bucket, bulk, random } = this.#context;
    const { leafBytes, leafCount, fileBytes } = geometry;
    const key = copyObject(this.#receiving.copyId);
    const hash = new Uint8Array(HASH_BYTES);
    const first = random.below(leafCount);
    const step = 1 + random.below(leafCount - 1);
    for (let index = 0; index < LEAVES_READ_BACK; index++) {
      const leaf = (first + index * step) % leafCount;
      const range = { first: leafPosition(leafBytes, leaf), count: leafBytes };
      const found = await bucket.get(key, { range, maxBytes: leafBytes });
      if (found?.sizeBytes !== fileBytes || found.bytes.length !== leafBytes) return false;
      bulk.sha256(found.bytes, hash);
      const wanted = leafHashes.subarray(leaf * HASH_BYTES, (leaf + 1) * HASH_BYTES);
      if (!equalBytes(hash, wanted)) return false;
    }
    return true;
  }
}
