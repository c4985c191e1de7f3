// One copy on its way through a comparison: fetched window by window, each leaf compared with the table that leads
// to the recorded root, the cipher taken off. What goes wrong with one copy ends that copy, and no other.
import { KuraError } from '@kura/base';
import { type CopyCipher, checkLeafTable, verifyLeaves } from '@kura/copy-seal';
import type { GatewayContext, KeyedStore } from '../gateway/context.ts';
import { type Fault, faultOf } from './fault-class.ts';
import type { CopyToAudit, Finding } from './outcome.ts';
import { type MadePair, PairMaker, type PairParts } from './pairs.ts';

export interface LeafRun {
  readonly firstLeaf: number;
  readonly leafCount: number;
}

export class OpenCopy {
  readonly copy: CopyToAudit;
  readonly findings: Finding[] = [];
  /** The leaves of the last window, without the store's cipher. */
  readonly sealed: Uint8Array;
  lineBytes = 0;
  /** Each store has what it acknowledged, and it is not the same. */
  isUnlike = false;
  readonly #context: GatewayContext;
  readonly #pairs: PairMaker;
  #store: KeyedStore | undefined;
  #cipher: CopyCipher | undefined;
  #leafHashes: Uint8Array | undefined;
  #fault: Fault | undefined;
  #bad: ReadonlySet<number> = new Set();

  /** `memory`: room for the largest window; its own until `free`. */
  constructor(
    context: GatewayContext,
    copy: CopyToAudit,
    parts: PairParts & { memory: Uint8Array },
  ) {
    this.#context = context;
    this.copy = copy;
    this.sealed = parts.memory;
    this.#pairs = new PairMaker(parts);
  }

  /** Undefined while nothing but single leaves is wrong with it. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** Its table leads to the recorded root: what differs from it is at fault, and what does not is right. */
  get hasTable(): boolean {
    return this.#leafHashes !== undefined;
  }

  /** Throws nothing: a store that cannot be read is a fault of this copy. */
  async start(): Promise<void> {
    await this.#guard(async () => {
      const { storeId, copyId, root, leafCount } = this.copy;
      const store = await this.#context.store(storeId);
      const { leafHashes } = await store.port.stat(copyId);
      this.lineBytes += leafHashes.length;
      const isTable = leafHashes.length === leafCount * root.length;
      if (isTable && checkLeafTable(leafHashes, root)) this.#leafHashes = leafHashes;
      this.#store = store;
      this.#cipher = this.#context.openCipher({ store, copyId, direction: 'decrypt' });
    });
  }

  async read(run: LeafRun): Promise<void> {
    await this.#guard(async () => {
      const { store, cipher } = this.#opened();
      const { bulk, shape } = this.#context;
      const { leafBytes } = shape;
      const bytes = this.sealed.subarray(0, run.leafCount * leafBytes);
      const { firstLeaf, leafCount } = run;
      await store.port.fetch(this.copy.copyId, firstLeaf, leafCount, bytes);
      this.lineBytes += bytes.length;
      this.#pairs.add(bytes);
      const leafHashes = this.#leafHashes;
      const bad =
        leafHashes === undefined
          ? Array.from({ length: leafCount }, (_, index) => firstLeaf + index)
          : verifyLeaves({ bulk, leafHashes, firstLeaf, bytes, leafBytes });
      this.#bad = new Set(bad);
      cipher.apply(firstLeaf, bytes, bytes);
    });
  }

  /** Of the last window; a copy without a table has no leaf of which this is known. */
  isRight(leaf: number): boolean {
    return this.#fault === undefined && !this.#bad.has(leaf);
  }

  /** True if all leaves of the last window are as recorded. */
  get isRightSoFar(): boolean {
    return this.#fault === undefined && this.#bad.size === 0;
  }

  /** Leaf `leaf` of the last window, sealed. */
  leafOf(run: LeafRun, leaf: number): Uint8Array {
    const { leafBytes } = this.#context.shape;
    const at = (leaf - run.firstLeaf) * leafBytes;
    return this.sealed.subarray(at, at + leafBytes);
  }

  /** The leaf as this store has to have it, if `sealed` is right. */
  outerOf(leaf: number, sealed: Uint8Array): Uint8Array {
    const { store } = this.#opened();
    const { copyId } = this.copy;
    const cipher = this.#context.openCipher({ store, copyId, direction: 'encrypt' });
    try {
      const outer = new Uint8Array(sealed.length);
      cipher.apply(leaf, sealed, outer);
      return outer;
    } finally {
      cipher.free();
    }
  }

  /** For its next full reads; none unless it was right to the last leaf. */
  pairs(): readonly MadePair[] {
    const isRight = this.#fault === undefined && this.findings.length === 0 && this.hasTable;
    return isRight && !this.isUnlike ? this.#pairs.finish() : [];
  }

  free(): void {
    this.#cipher?.free();
    this.#cipher = undefined;
  }

  #opened(): { readonly store: KeyedStore; readonly cipher: CopyCipher } {
    if (this.#store !== undefined && this.#cipher !== undefined) {
      return { store: this.#store, cipher: this.#cipher };
    }
    throw new KuraError('unreachable', 'a copy that was not opened');
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    if (this.#fault !== undefined) return;
    try {
      await work();
    } catch (error) {
      this.#fault = faultOf(error);
    }
  }
}
