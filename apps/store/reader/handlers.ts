// What a reader answers: four questions, each a GET. It holds no key of the store and nothing that writes.
import { type AlarmClock, KuraError, type MemberId, SharedSlots, toHex } from '@kura/base';
import type { StoreIdentity } from '@kura/contract';
import { encodeCopyTable } from '@kura/contract/wire/copy-table.ts';
import type { READER_ENDPOINTS } from '@kura/contract/wire/endpoints/reader.ts';
import { PagePool } from '@kura/native';
import type { BodySource } from '@kura/wire/body.ts';
import type { Handlers } from '@kura/wire/server/handler.ts';
import { leafStream } from '../api/leaf-stream.ts';
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
  const pool = new PagePool();
  const reads = new SharedSlots({
    ...{ noun: 'reads', atOnce: READS_AT_ONCE, perKey: READS_PER_KEY },
    ...{ waitMs: WAIT_MS, waiting: MAX_WAITING, clock },
  });
  return {
    describeReader: async () => {
      const identity: StoreIdentity = shelf.identity;
      return { identity, statement: service.statement() };
    },

    readTable: async (call) => {
      const { copy } = call.params;
      const right = rights.judge(call, copy);
      const read = async (): Promise<BodySource> => {
        await rights.checkOwner(right, copy);
        return { bytes: encodeCopyTable(await shelf.stat(copy)) };
      };
      return reads.run(keyOf(call), read, call.signal);
    },

    readLeaves: async (call) => {
      const { params, query, signal } = call;
      const { copy: copyId } = params;
      const right = rights.judge(call, copyId);
      const giveBack = await reads.take(keyOf(call), signal);
      try {
        await rights.checkOwner(right, copyId);
      } catch (error) {
        giveBack();
        throw error;
      }
      const slot = { giveBack, isWanted: () => reads.isWanted };
      const range = { firstLeaf: query.first, leafCount: query.count };
      const wanted = { ...range, withTable: query.table };
      return leafStream({ store: shelf, shape, copyId, signal, slot, pool, clock, ...wanted });
    },

    readOwner: async (call) => {
      const { pseudonym } = rights.judgeGrant(call);
      const ownerKey = service.ownerOf(pseudonym);
      if (ownerKey !== undefined) return { ownerKey };
      throw new KuraError('missing', 'nobody is admitted here under this name');
    },
  };
}

function keyOf({ caller }: ReadingCall): string {
  return caller.kind === 'nobody' ? caller.address : toHex(caller.keyHash);
}
