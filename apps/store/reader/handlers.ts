// What a reader answers: four questions, each a GET. It holds no key of the store and nothing that writes.
import { type AlarmClock, KuraError, type MemberId, toHex } from '@kura/base';
import type { StoreIdentity } from '@kura/contract';
import { encodeCopyTable } from '@kura/contract/wire/copy-table.ts';
import type { READER_ENDPOINTS } from '@kura/contract/wire/endpoints/reader.ts';
import type { Handlers } from '@kura/wire/server/handler.ts';
import { leafStream } from '../api/leaf-stream.ts';
import { Slots } from '../api/slots.ts';
import type { ReadableShelf } from './open-shelf.ts';
import { type ReaderTrust, type ReadingCall, Rights } from './rights.ts';

export interface ReaderService {
  readonly shelf: ReadableShelf;
  readonly trust: () => ReaderTrust;
  /** What the store signed about this reader's TLS key; throws `unreachable` before the store has done so. */
  readonly statement: () => Uint8Array;
  /** The owner key that is admitted for a pseudonym. */
  readonly ownerOf: (pseudonym: MemberId) => Uint8Array | undefined;
  readonly clock: AlarmClock;
}

const READS_AT_ONCE = 64;
/** More connections than this help one restore little, and keep others waiting. */
const READS_PER_KEY = 4;
const WAIT_MS = 10_000;
const MAX_WAITING = 1024;

export function readerHandlers(service: ReaderService): Handlers<typeof READER_ENDPOINTS> {
  const { shelf, clock } = service;
  const { shape } = shelf;
  const rights = new Rights({
    storeId: shelf.identity.storeId,
    trust: service.trust,
    nowMs: () => clock.nowMs(),
    memberOf: (copyId) => shelf.memberOf(copyId),
  });
  const reads = new ReadSlots(clock);
  return {
    describeReader: async () => {
      const identity: StoreIdentity = shelf.identity;
      return { identity, statement: service.statement() };
    },

    readTable: async (call) => {
      const giveBack = await reads.take(call, call.signal);
      try {
        const { copy } = call.params;
        await rights.judgeCopy(call, copy);
        return { bytes: encodeCopyTable(await shelf.stat(copy)) };
      } finally {
        giveBack();
      }
    },

    readLeaves: async (call) => {
      const onEnd = await reads.take(call, call.signal);
      try {
        await rights.judgeCopy(call, call.params.copy);
      } catch (error) {
        onEnd();
        throw error;
      }
      const { params, query, signal } = call;
      const range = { firstLeaf: query.first, leafCount: query.count };
      return leafStream({ store: shelf, shape, copyId: params.copy, signal, onEnd, ...range });
    },

    readOwner: async (call) => {
      const { pseudonym } = rights.judgeGrant(call);
      const ownerKey = service.ownerOf(pseudonym);
      if (ownerKey !== undefined) return { ownerKey };
      throw new KuraError('missing', 'nobody is admitted here under this name');
    },
  };
}

/** Slots for all, and a few for each TLS key. */
class ReadSlots {
  readonly #clock: AlarmClock;
  readonly #all: Slots;
  readonly #perKey = new Map<string, { readonly slots: Slots; users: number }>();

  constructor(clock: AlarmClock) {
    this.#clock = clock;
    this.#all = this.#slots('reads', READS_AT_ONCE);
  }

  /** Of the caller's own first, so that one who waits for those holds none of the others'. */
  async take({ caller }: ReadingCall, signal: AbortSignal): Promise<() => void> {
    const key = caller.kind === 'nobody' ? caller.address : toHex(caller.keyHash);
    const own = this.#perKey.get(key) ?? {
      slots: this.#slots('reads of one key', READS_PER_KEY),
      users: 0,
    };
    own.users++;
    this.#perKey.set(key, own);
    const leave = (): void => {
      if (--own.users === 0) this.#perKey.delete(key);
    };
    const giveBack: (() => void)[] = [];
    try {
      giveBack.unshift(await own.slots.take(signal));
      giveBack.unshift(await this.#all.take(signal));
    } catch (error) {
      for (const give of giveBack) give();
      leave();
      throw error;
    }
    let isMine = true;
    return () => {
      if (!isMine) return;
      isMine = false;
      for (const give of giveBack) give();
      leave();
    };
  }

  #slots(noun: string, atOnce: number): Slots {
    return new Slots({ noun, atOnce, waitMs: WAIT_MS, waiting: MAX_WAITING, clock: this.#clock });
  }
}
