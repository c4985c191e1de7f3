// Fetches sealed leaves of packs straight from stores: takes the first copy that answers with what the
// tables say, checks every leaf against the copy's root before it takes the outer cipher off, and turns
// to the next copy on any fault. Faults are collected, so that a check can name what is hurt.
import {
  AssertionError,
  asKuraError,
  type CopyId,
  type ErrorCode,
  KuraError,
  must,
  type NetworkShape,
  type PackId,
  type StoreId,
} from '@kura/base';
import type { CopyRow, CopyStat, LeafTaker, PackRow, StoreReader } from '@kura/contract';
import {
  type CopyCipher,
  checkLeafTable,
  openCopyCipher,
  suiteOf,
  verifyLeaves,
} from '@kura/copy-seal';
import type { Bulk } from '@kura/native';
import { askInTurn } from './ask-in-turn.ts';
import { type CopyOrder, recordedOrder } from './copy-order.ts';
import { LruCache } from './lru-cache.ts';

export interface CopyFault {
  readonly packId: PackId;
  readonly storeId: StoreId;
  readonly copyId: CopyId;
  readonly code: ErrorCode;
  readonly why: string;
}

export interface CopyFetcherOptions {
  readonly stores: ReadonlyMap<StoreId, StoreReader>;
  readonly copyKeys: ReadonlyMap<StoreId, Uint8Array>;
  readonly bulk: Bulk;
  readonly shape: NetworkShape;
  /** Default: as recorded. */
  readonly order?: CopyOrder;
  /** Asked when no recorded copy could be read: where the pack may lie besides. */
  readonly elsewhere?: Elsewhere;
  /** How errors name a store; default, not at all. */
  readonly cityOf?: (storeId: StoreId) => string;
  readonly onFault?: (fault: CopyFault) => void;
}

export type Elsewhere = (row: PackRow) => Promise<readonly CopyRow[]>;

/** What is kept of a copy between fetches: its checked leaf hashes and an open cipher. */
interface OpenCopy {
  readonly leafHashes: Uint8Array;
  readonly cipher: CopyCipher;
}

/** Leaves that arrive are checked and opened by so many windows: as many as are hashed at once. */
const PART_WINDOWS = 2;
/** Each holds up to 8 KiB of hashes and a cipher context. */
const MAX_OPEN_COPIES = 64;

export class CopyFetcher {
  readonly #options: CopyFetcherOptions;
  readonly #open = new LruCache<CopyId, OpenCopy>(MAX_OPEN_COPIES, (copy) => copy.cipher.free());

  constructor(options: CopyFetcherOptions) {
    this.#options = options;
  }

  /**
   * Fills `into` with leaves of the sealed pack (outer cipher off, inner still on). Whole windows.
   * What a copy gave before it failed is not asked for again.
   * Throws `data_lost` if every copy is gone or damaged, `too_few_stores` if one of them may be intact; what all copies
   * were refused for is thrown as it is: it is the member's affair (a contract that ended), no store's.
   */
  async fetch(row: PackRow, leaves: LeafRange, into: Uint8Array): Promise<void> {
    const faults: CopyFault[] = [];
    const errors: KuraError[] = [];
    const { order = recordedOrder, elsewhere } = this.#options;
    const filling: Filling = { ...leaves, into };
    const tryAll = async (copies: readonly CopyRow[]): Promise<boolean> => {
      for (const copy of copies) {
        try {
          await this.#fill(copy, filling);
          return true;
        } catch (error) {
          if (error instanceof AssertionError) throw error;
          const found = asKuraError(error, `copy ${copy.copyId} could not be read`);
          const fault = faultOf(row, copy, found);
          errors.push(found);
          faults.push(fault);
          this.#options.onFault?.(fault);
        }
      }
      return false;
    };
    if (await tryAll(order(row.copies))) return;
    if (elsewhere !== undefined && (await tryAll(order(await elsewhere(row))))) return;
    throw sharedRefusal(errors) ?? noCopy(row, faults, this.#options.cityOf);
  }

  /** The same from one copy only. Throws what is wrong with it. */
  async fetchFrom(copy: CopyRow, leaves: LeafRange, into: Uint8Array): Promise<void> {
    await this.#fill(copy, { ...leaves, into });
  }

  async #fill(copy: CopyRow, filling: Filling): Promise<void> {
    if (filling.count === 0) return;
    const store = this.#options.stores.get(copy.storeId);
    if (store === undefined) throw new KuraError('unreachable', 'its store is away');
    const { copyId } = copy;
    let open = this.#open.get(copyId);
    const taker: LeafTaker = {
      onTable: (stat) => {
        open = this.#openCopy(store, copy, stat);
      },
      onPart: (part) => this.#take(must(open, 'the table comes first'), copy, filling, part),
    };
    const { first, count, into } = filling;
    const { leafBytes, windowLeaves } = this.#options.shape;
    const partBytes = PART_WINDOWS * windowLeaves * leafBytes;
    const wanted = { copyId, first, count, into, partBytes, withTable: open === undefined };
    await (store.stream?.(wanted, taker) ?? askInTurn(store, wanted, taker));
  }

  /** Whole windows from the front of what is missing: checked, opened in their place, and missing no more. */
  #take(open: OpenCopy, copy: CopyRow, filling: Filling, part: Uint8Array): void {
    const { bulk, shape } = this.#options;
    const { leafBytes } = shape;
    const { leafHashes, cipher } = open;
    const { first } = filling;
    const bad = verifyLeaves({ bulk, leafHashes, firstLeaf: first, bytes: part, leafBytes });
    if (bad.length > 0) {
      throw new KuraError(
        'corrupt',
        `leaf ${bad[0]} of copy ${copy.copyId} is not what was stored`,
      );
    }
    cipher.apply(first, part, part);
    filling.first += part.length / leafBytes;
    filling.count -= part.length / leafBytes;
    filling.into = filling.into.subarray(part.length);
  }

  close(): void {
    this.#open.clear();
  }

  #openCopy(store: StoreReader, copy: CopyRow, { leafHashes }: CopyStat): OpenCopy {
    if (!checkLeafTable(leafHashes, copy.root)) {
      throw new KuraError(
        'corrupt',
        `the leaf table of copy ${copy.copyId} does not match its root`,
      );
    }
    const copyKey = must(this.#options.copyKeys.get(copy.storeId), 'a key of every store');
    const cipher = openCopyCipher({
      bulk: this.#options.bulk,
      suite: suiteOf(store.identity.suite),
      copyKey,
      copyId: copy.copyId,
      leafBytes: this.#options.shape.leafBytes,
      direction: 'decrypt',
    });
    const open = { leafHashes, cipher };
    this.#open.set(copy.copyId, open);
    return open;
  }
}

export interface LeafRange {
  readonly first: number;
  readonly count: number;
}

/** What is missing still, and where it goes. */
interface Filling {
  first: number;
  count: number;
  into: Uint8Array;
}

function sharedRefusal(errors: readonly KuraError[]): KuraError | undefined {
  const [first, ...rest] = errors;
  if (first?.code !== 'refused') return undefined;
  const isShared = rest.every(
    ({ code, message }) => code === first.code && message === first.message,
  );
  return isShared ? first : undefined;
}

function faultOf(row: PackRow, copy: CopyRow, { code, message }: KuraError): CopyFault {
  const { storeId, copyId } = copy;
  return { packId: row.packId, storeId, copyId, code, why: message };
}

/** Of a copy that will not come back by itself. Whatever else is wrong may pass. */
const GONE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['missing', 'corrupt']);

function noCopy(
  row: PackRow,
  faults: readonly CopyFault[],
  cityOf: CopyFetcherOptions['cityOf'],
): KuraError {
  const mayReturn = faults.some((fault) => !GONE.has(fault.code));
  const context = { packId: row.packId, copies: row.copies.length };
  const told = faults.map(({ storeId, why }) => (cityOf ? `${cityOf(storeId)}: ${why}` : why));
  const why = [...new Set(told)].join('; ');
  return mayReturn
    ? new KuraError('too_few_stores', `no copy of pack ${row.packId} can be read now: ${why}`, {
        context,
        guidance: 'Bring the missing store back and run it again.',
      })
    : new KuraError('data_lost', `no intact copy of pack ${row.packId} is left: ${why}`, {
        context,
        guidance: 'Run `kura check` to see which snapshots are hurt.',
      });
}
