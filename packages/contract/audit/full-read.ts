// One question that nobody answers without every byte of a copy: GMAC under a key that is used once. Whoever puts a
// copy's cipher on makes such questions and keeps the hash of the tag; this is their form, not who makes them.
import {
  assert,
  ByteReader,
  ByteWriter,
  type CopyId,
  concatBytes,
  copyId,
  equalBytes,
  fromHex,
  KuraError,
  type StoreId,
  toHex,
  utf8,
} from '@kura/base';
import { isHexOf } from '../acknowledgement.ts';
import {
  beginBody,
  readWhole,
  refusal,
  SIGNATURE_BYTES,
  type SignedForm,
  signBody,
} from '../signed.ts';
import { LEAF_STATES, type LeafState } from './leaf-answer.ts';
import { sha256 } from './leaf-challenge.ts';
import {
  CHALLENGE_ID_BYTES,
  ERRNO_FIELD_BYTES,
  HASH_BYTES,
  isChallengeId,
  openStoreWord,
  readChallengeId,
  readChoice,
  readErrno,
  readStoreId,
  type StoreWordCheck,
  writeChallengeId,
  writeChoice,
  writeErrno,
} from './store-word.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
export const FULL_READ_TAG_BYTES = 16;

export interface FullReadChallenge {
  readonly challengeId: string;
  readonly storeId: StoreId;
  readonly copyId: CopyId;
  /** AES-256-GCM; used for this question and never again. */
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
}

const VERSION = 1;
export const FULL_READ_CHALLENGE_BYTES = 1 + CHALLENGE_ID_BYTES + 16 + 32 + KEY_BYTES + NONCE_BYTES;
const CHALLENGE_DOMAIN = utf8('kura/1 full-read challenge\n');

/** Throws `usage` for what no store would answer. */
export function encodeFullReadChallenge(challenge: FullReadChallenge): Uint8Array {
  const { challengeId, storeId, copyId, key, nonce } = challenge;
  const areIds = isChallengeId(challengeId) && isHexOf(storeId, 16) && isHexOf(copyId, 32);
  if (!areIds || key.length !== KEY_BYTES || nonce.length !== NONCE_BYTES) {
    throw new KuraError('usage', 'a field of the full-read challenge is out of bounds');
  }
  const writer = new ByteWriter(FULL_READ_CHALLENGE_BYTES);
  writer.u8(VERSION);
  writeChallengeId(writer, challengeId);
  writer.raw(fromHex(storeId));
  writer.raw(fromHex(copyId));
  writer.raw(key);
  writer.raw(nonce);
  return writer.bytes();
}

/** Throws `corrupt`. */
export function decodeFullReadChallenge(bytes: Uint8Array): FullReadChallenge {
  const reader = new ByteReader(bytes, 'full-read challenge');
  if (reader.u8() !== VERSION) reader.fail('its version is unknown');
  const challenge = {
    challengeId: readChallengeId(reader),
    storeId: readStoreId(reader),
    copyId: copyId(toHex(reader.raw(32))),
    key: reader.raw(KEY_BYTES).slice(),
    nonce: reader.raw(NONCE_BYTES).slice(),
  };
  reader.end();
  return challenge;
}

/** What an answer names, 32 bytes. */
export function hashFullReadChallenge(challenge: FullReadChallenge): Uint8Array {
  return sha256(concatBytes(CHALLENGE_DOMAIN, encodeFullReadChallenge(challenge)));
}

export interface FullReadAnswerFields {
  readonly challengeId: string;
  readonly storeId: StoreId;
  readonly copyId: CopyId;
  readonly timeMs: number;
  readonly challengeHash: Uint8Array;
  readonly state: LeafState;
  /** 16 bytes, of a copy all of which was read: whole or not, these bytes lie there. */
  readonly tag?: Uint8Array;
  /** RFC 6962 head over the hashes of the leaves that were read, 32 bytes. */
  readonly root?: Uint8Array;
  readonly errno?: string;
}

export interface FullReadAnswer extends FullReadAnswerFields {
  /** Fields and signature, as they are kept for evidence. */
  readonly signed: Uint8Array;
}

const HEAD_BYTES = 1 + CHALLENGE_ID_BYTES + 16 + 32 + 8 + HASH_BYTES + 1;
const MAX_BODY_BYTES = HEAD_BYTES + Math.max(FULL_READ_TAG_BYTES + HASH_BYTES, ERRNO_FIELD_BYTES);
export const MAX_FULL_READ_ANSWER_BYTES = MAX_BODY_BYTES + SIGNATURE_BYTES;

const FORM: SignedForm = {
  noun: 'full-read answer',
  domain: utf8('kura/1 full-read answer\n'),
  bodyBytes: { min: HEAD_BYTES, max: MAX_BODY_BYTES },
};

/** `seed`: the store's, 32 bytes. */
export function signFullReadAnswer(fields: FullReadAnswerFields, seed: Uint8Array): FullReadAnswer {
  const { state, tag, root } = fields;
  const writer = beginBody(FORM);
  writeChallengeId(writer, fields.challengeId);
  writer.raw(fromHex(fields.storeId));
  writer.raw(fromHex(fields.copyId));
  writer.u64(BigInt(fields.timeMs));
  writer.raw(fields.challengeHash);
  writeChoice(writer, LEAF_STATES, state);
  if (state === 'read') {
    assert(tag?.length === FULL_READ_TAG_BYTES, 'what was read has a tag');
    assert(root?.length === HASH_BYTES, 'what was read has a root');
    writer.raw(tag);
    writer.raw(root);
  } else if (state === 'unreadable') writeErrno(writer, fields.errno);
  return { ...fields, signed: signBody(FORM, writer, seed) };
}

export interface FullReadCheck extends StoreWordCheck {
  readonly challenge: FullReadChallenge;
}

/** Throws `refused` unless this store answers exactly this challenge. Whether the tag is right is the caller's. */
export function openFullReadAnswer(
  signed: Uint8Array,
  { challenge, storeKey, storeId }: FullReadCheck,
): FullReadAnswer {
  const answer = openStoreWord(FORM, signed, {
    ...{ storeKey, storeId },
    read: (reader): FullReadAnswerFields => {
      const common = {
        challengeId: readChallengeId(reader),
        storeId: readStoreId(reader),
        copyId: copyId(toHex(reader.raw(32))),
        timeMs: readWhole(reader, FORM),
        challengeHash: reader.raw(HASH_BYTES).slice(),
      };
      const state = readChoice(reader, LEAF_STATES);
      if (state === 'unreadable') return { ...common, state, ...readErrno(reader) };
      if (state === 'missing') return { ...common, state };
      const tag = reader.raw(FULL_READ_TAG_BYTES).slice();
      return { ...common, state, tag, root: reader.raw(HASH_BYTES).slice() };
    },
  });
  if (
    answer.challengeId === challenge.challengeId &&
    answer.copyId === challenge.copyId &&
    equalBytes(answer.challengeHash, hashFullReadChallenge(challenge))
  ) {
    return answer;
  }
  throw refusal(FORM, 'challenge', 'it does not answer what was asked');
}
