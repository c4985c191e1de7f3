// A further copy of a pack that is in custody: read from the copies there are, checked leaf by leaf against
// the recorded roots, out of one outer cipher and into another. A leaf that is damaged at one store is
// taken from the next, so that copies which are damaged in different places still make a whole one. What
// is inside a leaf stays sealed all the time.
import {
  AssertionError,
  asKuraError,
  type CopyId,
  KuraError,
  must,
  type PackId,
  type StoreId,
} from '@kura/base';
import type { CopyRow, PackRow, StoredCopy } from '@kura/contract';
import type { CopyCipher } from '@kura/copy-seal';
import { checkLeafTable, verifyLeaves } from '@kura/copy-seal/leaves.ts';
import type { GatewayContext, KeyedStore } from './context.ts';
import { OutgoingCopy } from './outgoing.ts';
import { STAGING_BYTES } from './staging.ts';

export interface ReplicateRequest {
  readonly pack: Pick<PackRow, 'packId' | 'leafCount' | 'copies'>;
  /** Asked first; the other copies stand in for what it cannot give. */
  readonly from?: StoreId;
  readonly to: StoreId;
  /** Why there, in words: kept with the copy. */
  readonly reason: string;
}

interface LeafRun {
  readonly firstLeaf: number;
  readonly leafCount: number;
}

export async function replicate(
  context: GatewayContext,
  { pack, from, to, reason }: ReplicateRequest,
): Promise<StoredCopy> {
  const { packId, leafCount } = pack;
  // No agent is there to sample this copy.
  const fields = { storeId: to, packId, leafCount, reason, hashing: 'gateway' } as const;
  const outgoing = await OutgoingCopy.begin(context, fields);
  const sources = new Sources(context, { rows: rowsToRead(pack.copies, { from, to }), packId });
  const staging = await context.staging.take();
  const { leafBytes } = context.shape;
  const stepLeaves = leavesAtOnce(context);
  const scratch = staging.subarray(0, stepLeaves * leafBytes);
  const sealed = staging.subarray(stepLeaves * leafBytes, 2 * stepLeaves * leafBytes);
  let isDone = false;
  try {
    for (let firstLeaf = 0; firstLeaf < leafCount; firstLeaf += stepLeaves) {
      const run = { firstLeaf, leafCount: Math.min(stepLeaves, leafCount - firstLeaf) };
      const sizeBytes = run.leafCount * leafBytes;
      const part = sealed.subarray(0, sizeBytes);
      await sources.read(run, part, scratch.subarray(0, sizeBytes));
      outgoing.encrypt(firstLeaf, part, part);
      await outgoing.write(part);
    }
    const copy = await outgoing.finish(leafCount);
    isDone = true;
    return copy;
  } finally {
    if (!isDone) outgoing.abort();
    sources.free();
    context.staging.give(staging);
  }
}

/** True if no copy could be read: the store that was to get one is not to blame. */
export function isSourceFault(error: unknown): boolean {
  return error instanceof KuraError && error.context.unreadableLeaf !== undefined;
}

/** Held copies before damaged ones, `from` before all; never the target itself. */
function rowsToRead(
  copies: readonly CopyRow[],
  { from, to }: { from: StoreId | undefined; to: StoreId },
): CopyRow[] {
  const readable = copies.filter((copy) => copy.state !== 'lost' && copy.storeId !== to);
  const rank = (copy: CopyRow): number =>
    copy.storeId === from ? 0 : copy.state === 'held' ? 1 : 2;
  return readable.toSorted((a, b) => rank(a) - rank(b));
}

/** As many whole windows as fit in half of the staging memory. */
function leavesAtOnce({ shape }: GatewayContext): number {
  const windowBytes = shape.windowLeaves * shape.leafBytes;
  const windows = Math.floor(STAGING_BYTES / 2 / windowBytes);
  if (windows > 0) return windows * shape.windowLeaves;
  throw new KuraError('too_large', `a window of ${windowBytes} bytes does not fit in the staging`);
}

// ── Reading from whoever has it ───────────────────────────────────────────────────────────────────

interface SourceFields {
  readonly rows: readonly CopyRow[];
  readonly packId: PackId;
}

class Sources {
  readonly #context: GatewayContext;
  readonly #packId: PackId;
  readonly #sources: Source[];
  readonly #faults = new Map<StoreId, KuraError>();

  constructor(context: GatewayContext, { rows, packId }: SourceFields) {
    this.#context = context;
    this.#packId = packId;
    this.#sources = rows.map((row) => new Source(context, row));
  }

  /** Fills `sealed` with verified leaves, free of any outer cipher. */
  async read(run: LeafRun, sealed: Uint8Array, scratch: Uint8Array): Promise<void> {
    const { leafBytes } = this.#context.shape;
    const wanted = new Set(Array.from({ length: run.leafCount }, (_, i) => run.firstLeaf + i));
    for (const source of this.#sources) {
      const bad = await this.#tryRead(source, run, scratch);
      for (const leaf of [...wanted]) {
        if (bad.has(leaf)) continue;
        const at = (leaf - run.firstLeaf) * leafBytes;
        sealed.set(scratch.subarray(at, at + leafBytes), at);
        wanted.delete(leaf);
      }
      if (wanted.size === 0) return;
    }
    this.#giveUp(must([...wanted][0], 'a leaf is missing'));
  }

  /** The leaves that this source cannot give. */
  async #tryRead(source: Source, run: LeafRun, scratch: Uint8Array): Promise<Set<number>> {
    try {
      return new Set(await source.read(run, scratch));
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      this.#faults.set(source.storeId, asKuraError(error, 'a copy could not be read'));
      return new Set(Array.from({ length: run.leafCount }, (_, index) => run.firstLeaf + index));
    }
  }

  #giveUp(leaf: number): never {
    const faults = [...this.#faults.values()];
    const isGone = faults.every((fault) => fault.code === 'missing' || fault.code === 'corrupt');
    const what = `leaf ${leaf} of pack ${this.#packId.slice(0, 12)}`;
    const context = { packId: this.#packId, unreadableLeaf: leaf };
    if (isGone) {
      throw new KuraError('data_lost', `no store has an intact ${what}`, { context });
    }
    const why = faults.map((fault) => fault.message).join('; ');
    throw new KuraError('unreachable', `${what} cannot be read now: ${why}`, {
      context,
      guidance: 'Bring the stores back and repair again.',
    });
  }

  free(): void {
    for (const source of this.#sources) source.free();
  }
}

interface OpenSource {
  readonly store: KeyedStore;
  readonly copyId: CopyId;
  readonly leafHashes: Uint8Array;
  readonly cipher: CopyCipher;
}

class Source {
  readonly #context: GatewayContext;
  readonly #row: CopyRow;
  #open: OpenSource | undefined;

  constructor(context: GatewayContext, row: CopyRow) {
    this.#context = context;
    this.#row = row;
  }

  get storeId(): StoreId {
    return this.#row.storeId;
  }

  /** Fills `into` with leaves without their outer cipher; returns those that are not as recorded. */
  async read({ firstLeaf, leafCount }: LeafRun, into: Uint8Array): Promise<number[]> {
    this.#open ??= await this.#start();
    const { store, copyId, leafHashes, cipher } = this.#open;
    await store.port.fetch(copyId, firstLeaf, leafCount, into);
    const { bulk, shape } = this.#context;
    const { leafBytes } = shape;
    const bad = verifyLeaves({ bulk, leafHashes, firstLeaf, bytes: into, leafBytes });
    cipher.apply(firstLeaf, into, into);
    return bad;
  }

  /** The store's leaf hashes count only under the root that is recorded here. */
  async #start(): Promise<OpenSource> {
    const { copyId, root, storeId } = this.#row;
    const store = await this.#context.store(storeId);
    const { leafHashes } = await store.port.stat(copyId);
    if (!checkLeafTable(leafHashes, root)) {
      const { city } = store.row.identity.place;
      throw new KuraError('corrupt', `the leaf hashes in ${city} are not those of the copy`);
    }
    const cipher = this.#context.openCipher({ store, copyId, direction: 'decrypt' });
    return { store, copyId, leafHashes, cipher };
  }

  free(): void {
    this.#open?.cipher.free();
  }
}
