// What one notice says: the packs whose copies have moved, as they lie now, and the stores that a card needs to
// know for reading them. Whatever does not fit waits for the next notice.
import {
  type MemberId,
  must,
  type NetworkShape,
  type PackId,
  type StoreId,
  utf8,
} from '@kura/base';
import type { CardStore } from '@kura/contract/wire/card-store.ts';
import { type Notice, type NoticePack, writeNotice } from '@kura/contract/wire/notice-body.ts';
import { letterOverhead } from '@kura/copy-seal';

export interface PackNow {
  readonly packId: PackId;
  readonly leafCount: number;
  /** That count. */
  readonly copies: readonly { readonly storeId: StoreId; readonly root: Uint8Array }[];
}

export interface NoticeParts {
  readonly memberId: MemberId;
  readonly number: number;
  readonly madeMs: number;
  readonly tick: number;
  readonly level: number;
  readonly stores: readonly CardStore[];
  readonly packs: readonly PackNow[];
}

export interface FittedNotice {
  readonly text: string;
  /** Of the packs given, the first so many are in it. */
  readonly told: number;
}

/** Of a pack's JSON besides its copies, and of one copy: ids and roots in text. */
const PACK_CHARACTERS = 120;
const COPY_CHARACTERS = 80;

/** As many packs as a pack of the smallest size has room for; at least one. */
export function fitNotice(parts: NoticeParts, shape: NetworkShape): FittedNotice {
  const roomBytes = shape.packLeaves[0] * shape.leafBytes - letterOverhead('notice');
  const places = new Map(parts.stores.map(({ identity }, place) => [identity.storeId, place]));
  const bare = { ...parts, version: 1, packs: [] as NoticePack[] };
  let leftBytes = roomBytes - utf8(writeNotice(bare)).length;
  const packs: NoticePack[] = [];
  for (const pack of parts.packs) {
    leftBytes -= PACK_CHARACTERS + COPY_CHARACTERS * pack.copies.length;
    if (leftBytes < 0 && packs.length > 0) break;
    packs.push(asTold(pack, places));
  }
  const body: Notice = { ...bare, packs };
  return { text: writeNotice(body), told: packs.length };
}

function asTold(pack: PackNow, places: ReadonlyMap<StoreId, number>): NoticePack {
  const { packId, leafCount } = pack;
  const copies = pack.copies.map(({ storeId, root }) => ({
    store: must(places.get(storeId), 'a store of the notice'),
    root,
  }));
  return { packId, leafCount, copies };
}
