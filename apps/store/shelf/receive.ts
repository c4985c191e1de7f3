// Takes a copy in: leaves go to the medium behind the call that brings them, and the acknowledgement is
// signed only after the copy is durable under its name and was read back past the page cache
// (docs/design/ordering.md).
import { asKuraError, assert, type CopyId, equalBytes, KuraError, type MemberId } from '@kura/base';
import { type AcknowledgedCopy, type CopyReceiver, signAcknowledgement } from '@kura/contract';
import { scrub } from '../scrub/scrub.ts';
import { CopyAssembly } from './assembly.ts';
import type { ShelfContext } from './context.ts';
import { DurableFile } from './durable-write.ts';
import { copyPath, fanOutFolder } from './layout.ts';
import { statCopy } from './stat.ts';
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
  readonly #file: DurableFile;
  readonly #assembly: CopyAssembly;
  #workspace: Workspace | undefined;
  #failure: KuraError | undefined;

  constructor(context: ShelfContext, copyId: CopyId, member: MemberId) {
    this.#context = context;
    this.#copyId = copyId;
    this.#file = new DurableFile(context.place, { direct: true });
    const workspace = context.workspaces.take();
    this.#workspace = workspace;
    const { bulk, shape } = context;
    const medium = this.#file;
    this.#assembly = new CopyAssembly({ bulk, shape, copyId, member, medium, workspace });
  }

  async write(outer: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#open();
    try {
      await this.#assembly.append(outer);
    } catch (error) {
      throw this.#giveUp(error, 'a copy could not be written');
    }
  }

  async finish(): Promise<AcknowledgedCopy> {
    const workspace = this.#open();
    const context = this.#context;
    const copyId = this.#copyId;
    try {
      const { geometry, root, leafHashes } = this.#assembly.end();
      const seed = context.seed();
      await this.#file.seal();
      await this.#publish(root);
      await verifyWritten(context, { copyId, geometry, workspace });
      const { storeId } = context.record.identity;
      const fields = { storeId, copyId, leafCount: geometry.leafCount, root };
      const timeMs = context.clock.nowMs();
      return { acknowledgement: signAcknowledgement({ ...fields, timeMs }, seed), leafHashes };
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
