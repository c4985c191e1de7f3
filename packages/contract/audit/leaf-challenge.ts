// Random leaves that a store is asked for. A challenge is not signed: the answer is bound to its hash, so that nobody
// can say afterwards that another question was answered.
import { hash } from 'node:crypto';
import {
  ByteReader,
  ByteWriter,
  type CopyId,
  concatBytes,
  copyId,
  fromHex,
  KuraError,
  type StoreId,
  toHex,
  utf8,
} from '@kura/base';
import { isHexOf, isTime, isU32 } from '../acknowledgement.ts';
import {
  CHALLENGE_ID_BYTES,
  isChallengeId,
  readChallengeId,
  readMany,
  readStoreId,
  writeChallengeId,
} from './store-word.ts';

export interface AskedLeaf {
  readonly copyId: CopyId;
  readonly leaf: number;
}

export interface LeafChallenge {
  /** 16 random bytes in hexadecimal. */
  readonly challengeId: string;
  readonly storeId: StoreId;
  readonly issuedMs: number;
  /** By the clock of whoever asks; a later answer is late. */
  readonly deadlineMs: number;
  /** 1 to `MAX_CHALLENGE_LEAVES`. */
  readonly leaves: readonly AskedLeaf[];
}

/** 16 MiB of standard leaves, which a store holds in memory while it answers. */
export const MAX_CHALLENGE_LEAVES = 256;
const VERSION = 1;
const HEAD_BYTES = 1 + CHALLENGE_ID_BYTES + 16 + 8 + 8 + 2;
const LEAF_BYTES = 32 + 4;
export const MAX_LEAF_CHALLENGE_BYTES = HEAD_BYTES + MAX_CHALLENGE_LEAVES * LEAF_BYTES;
const DOMAIN = utf8('kura/1 leaf challenge\n');

/** Throws `usage` for what no store would answer. */
export function encodeLeafChallenge(challenge: LeafChallenge): Uint8Array {
  const { challengeId, storeId, issuedMs, deadlineMs, leaves } = challenge;
  if (
    !isChallengeId(challengeId) ||
    !isHexOf(storeId, 16) ||
    !isTime(issuedMs) ||
    !isTime(deadlineMs) ||
    leaves.length < 1 ||
    leaves.length > MAX_CHALLENGE_LEAVES ||
    !leaves.every(({ copyId, leaf }) => isHexOf(copyId, 32) && isU32(leaf))
  ) {
    throw new KuraError('usage', 'a field of the leaf challenge is out of bounds');
  }
  const writer = new ByteWriter(MAX_LEAF_CHALLENGE_BYTES);
  writer.u8(VERSION);
  writeChallengeId(writer, challengeId);
  writer.raw(fromHex(storeId));
  writer.u64(BigInt(issuedMs));
  writer.u64(BigInt(deadlineMs));
  writer.u16(leaves.length);
  for (const { copyId, leaf } of leaves) {
    writer.raw(fromHex(copyId));
    writer.u32(leaf);
  }
  return writer.bytes();
}

/** Throws `corrupt`. */
export function decodeLeafChallenge(bytes: Uint8Array): LeafChallenge {
  const reader = new ByteReader(bytes, 'leaf challenge');
  if (reader.u8() !== VERSION) reader.fail('its version is unknown');
  const challengeId = readChallengeId(reader);
  const storeId = readStoreId(reader);
  const [issuedMs, deadlineMs] = [Number(reader.u64()), Number(reader.u64())];
  if (!isTime(issuedMs) || !isTime(deadlineMs)) reader.fail('a time is out of range');
  const leaves = readMany(reader, MAX_CHALLENGE_LEAVES, () => ({
    copyId: copyId(toHex(reader.raw(32))),
    leaf: reader.u32(),
  }));
  if (leaves.length === 0) reader.fail('it asks for nothing');
  reader.end();
  return { challengeId, storeId, issuedMs, deadlineMs, leaves };
}

/** What an answer names, 32 bytes. */
export function hashLeafChallenge(challenge: LeafChallenge): Uint8Array {
  return sha256(concatBytes(DOMAIN, encodeLeafChallenge(challenge)));
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}
