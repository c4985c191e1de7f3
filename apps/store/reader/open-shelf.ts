// A shelf for reading only: what a reader process opens. It sweeps nothing, founds nothing, creates nothing, and
// never looks at `identity.key`; the folder may be mounted read-only. There is nothing here that writes.
import type { Clock, CopyId, Disk, MemberId, NetworkShape, Random } from '@kura/base';
import type { CopyStat, StoreIdentity, StoreReader } from '@kura/contract';
import type { Native } from '@kura/native';
import type { ShelfRecord } from '../identity.ts';
import { checkIdentity, type ExpectedStore, readShelf } from '../presence.ts';
import { ShelfContext } from '../shelf/context.ts';
import { namesFrom } from '../shelf/enumerate.ts';
import { fetchLeaves } from '../shelf/fetch.ts';
import { withCopy } from '../shelf/open-copy.ts';
import { readTable, statCopy } from '../shelf/stat.ts';
import { systemProcesses } from '../shelf/sweep.ts';

/** What a reader needs of a shelf, whatever it is made of. */
export interface ReadableShelf extends StoreReader {
  readonly record: ShelfRecord;
  readonly shape: NetworkShape;
  /** Whose copy it is, as its table says; throws `missing` or `corrupt`. */
  memberOf(copyId: CopyId): Promise<MemberId>;
  /** Copies whose names begin so; absent where a listing has its price. */
  namesFrom?(beginning: string): readonly CopyId[];
}

export interface ReadShelfOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly native: Pick<Native, 'bulk'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly expected?: ExpectedStore;
}

/** Throws `unreachable`, `refused` or `corrupt`. */
export function openShelfForReading(options: ReadShelfOptions): ReadableShelf {
  const record = readShelf(options.disk, options.folder);
  if (options.expected !== undefined) checkIdentity(record.identity, options.expected);
  return new ShelfReader(
    new ShelfContext({
      ...options,
      bulk: options.native.bulk,
      shape: record.shape,
      processes: systemProcesses,
      record,
    }),
  );
}

class ShelfReader implements ReadableShelf {
  readonly #context: ShelfContext;

  constructor(context: ShelfContext) {
    this.#context = context;
  }

  get identity(): StoreIdentity {
    return this.#context.record.identity;
  }

  get record(): ShelfRecord {
    return this.#context.record;
  }

  get shape(): NetworkShape {
    return this.#context.shape;
  }

  async fetch(
    copyId: CopyId,
    firstLeaf: number,
    leafCount: number,
    into: Uint8Array,
  ): Promise<void> {
    fetchLeaves(this.#context, copyId, { firstLeaf, leafCount, into });
  }

  async stat(copyId: CopyId): Promise<CopyStat> {
    return statCopy(this.#context, copyId);
  }

  namesFrom(beginning: string): readonly CopyId[] {
    return namesFrom(this.#context, beginning);
  }

  async memberOf(copyId: CopyId): Promise<MemberId> {
    const context = this.#context;
    return withCopy(context, copyId, (copy) => readTable(context, copyId, copy).memberId);
  }
}
