// Finds what the network has told this card since it was last used: notices, by their names, at every store that
// the card knows. Each says where packs lie since copies moved, and brings keys and addresses of stores that came
// since (A16).
import { KuraError, type MemberId, type NetworkShape } from '@kura/base';
import { type Notice, readNotice } from '@kura/contract/wire/notice-body.ts';
import { type LetterKeys, noticeName, openLetter } from '@kura/copy-seal';
import type { Bulk } from '@kura/native';
import { CopyFetcher } from '../read/copy-fetcher.ts';
import type { AskedStores, CopyFinder, FoundPack } from './find-copies.ts';

export interface NoticePorts {
  readonly memberId: MemberId;
  /** By which this member's notices are named: of the network, on the card. */
  readonly nameKey: Uint8Array;
  readonly keys: LetterKeys;
  readonly stores: AskedStores;
  readonly finder: CopyFinder;
  readonly shape: NetworkShape;
  readonly bulk: Bulk;
  /** Told of one that is there and cannot be believed. */
  readonly warn: (message: string) => void;
}

/** Numbers that are looked at beyond the last known one. */
const WINDOW = 16;

/** Those after number `from`, in order; one that cannot be read is left out, and told. */
export async function findNotices(from: number, ports: NoticePorts): Promise<readonly Notice[]> {
  const notices: Notice[] = [];
  for (let last = from; ; ) {
    const numbers = Array.from({ length: WINDOW }, (_, index) => last + 1 + index);
    const numberOf = new Map(numbers.map((number) => [noticeName(ports.nameKey, number), number]));
    const found = await ports.finder.find([...numberOf.keys()]);
    for (const pack of found) {
      const number = numberOf.get(pack.packId) ?? 0;
      const notice = await readOne(pack, number, ports);
      if (notice !== undefined) notices.push(notice);
      last = Math.max(last, number);
    }
    if (found.length === 0) return notices;
  }
}

/** From one store after the other: what opens and is signed needs nobody to vouch for it. */
async function readOne(
  pack: FoundPack,
  number: number,
  ports: NoticePorts,
): Promise<Notice | undefined> {
  const { stores, bulk, shape, keys, memberId, warn } = ports;
  const fetcher = new CopyFetcher({
    ...{ stores: stores.readers, copyKeys: stores.copyKeys, bulk, shape },
  });
  let why = 'no store gives it';
  try {
    const bytes = new Uint8Array(pack.leafCount * shape.leafBytes);
    for (const copy of pack.copies) {
      try {
        await fetcher.fetchFrom(copy, { first: 0, count: pack.leafCount }, bytes);
        const notice = readNotice(openLetter('notice', bytes, keys));
        if (notice.memberId === memberId && notice.number === number) return notice;
        why = 'it is another one';
      } catch (error) {
        if (!(error instanceof KuraError)) throw error;
        why = error.message;
      }
    }
  } finally {
    fetcher.close();
  }
  warn(`notice ${number} of the network cannot be read: ${why}`);
  return undefined;
}
