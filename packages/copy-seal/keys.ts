// Keys and names of copies: one key per member, store and epoch, from the network's secret.
// Whoever has the network's secret (the operator, or the member of an embedded network) can take
// outer ciphers off; a store has none of this and cannot tell which pack a copy is.
import { createHmac, hkdfSync } from 'node:crypto';
import {
  assert,
  ByteWriter,
  type CopyId,
  copyId as copyIdFromHex,
  fromHex,
  type MemberId,
  type PackId,
  type StoreId,
  toHex,
  utf8,
} from '@kura/base';
import type { SuiteName } from './suites.ts';

const KEY_BYTES = 32;
const EMPTY = new Uint8Array(0);
const COPY_KEY_LABEL = utf8('kura/1 copy key');
const COPY_ID_LABEL = utf8('kura/1 copy id');
const STREAM_LABEL = 'kura/1 copy stream';

export interface CopyKeyScope {
  readonly networkSecret: Uint8Array;
  readonly memberId: MemberId;
  readonly storeId: StoreId;
  /** Epoch of the copy key; grows when a network's copies are re-keyed. */
  readonly epoch: number;
}

function expand(key: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, salt, info, KEY_BYTES));
}

/** 32 bytes. */
export function copyKeyOf(scope: CopyKeyScope): Uint8Array {
  assert(scope.networkSecret.length === KEY_BYTES, 'a network secret has 32 bytes');
  const info = new ByteWriter(64, 64);
  info.raw(COPY_KEY_LABEL);
  info.raw(fromHex(scope.memberId));
  info.u32(scope.epoch);
  return expand(scope.networkSecret, fromHex(scope.storeId), info.bytes());
}

/**
 * The pack's name at one store: says nothing about the pack, and nothing about its other copies.
 */
export function copyIdOf(copyKey: Uint8Array, packId: PackId): CopyId {
  const key = expand(copyKey, EMPTY, COPY_ID_LABEL);
  return copyIdFromHex(toHex(createHmac('sha256', key).update(fromHex(packId)).digest()));
}

/** Key of one copy's cipher, 32 bytes. */
export function streamKeyOf(copyKey: Uint8Array, copyId: CopyId, suite: SuiteName): Uint8Array {
  return expand(copyKey, fromHex(copyId), utf8(STREAM_LABEL + suite));
}
