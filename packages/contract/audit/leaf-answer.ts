// What a store signs to a leaf challenge: for every leaf, in the order of the question, whether it was read and what
// it hashes to. The leaves themselves travel beside it (`leaf-evidence.ts`): a hash could be kept without the bytes.
import {
  assert,
  type CopyId,
  copyId,
  equalBytes,
  fromHex,
  type StoreId,
  toHex,
  utf8,
} from '@kura/base';
import {
  beginBody,
  readWhole,
  refusal,
  SIGNATURE_BYTES,
  type SignedForm,
  signBody,
} from '../signed.ts';
import { hashLeafChallenge, type LeafChallenge, MAX_CHALLENGE_LEAVES } from './leaf-challenge.ts';
import {
  CHALLENGE_ID_BYTES,
  ERRNO_FIELD_BYTES,
  HASH_BYTES,
  openStoreWord,
  readChallengeId,
  readChoice,
  readErrno,
  readMany,
  readStoreId,
  type StoreWordCheck,
  writeChallengeId,
  writeChoice,
  writeErrno,
} from './store-word.ts';

/** unreadable: the medium gave an error · missing: no copy of this name is here. */
export const LEAF_STATES = ['read', 'unreadable', 'missing'] as const;
export type LeafState = (typeof LEAF_STATES)[number];

export interface LeafAnswerItem {
  readonly copyId: CopyId;
  readonly leaf: number;
  readonly state: LeafState;
  /** SHA-256 of what was read, 32 bytes; of a leaf that was read only. */
  readonly hash?: Uint8Array;
  /** What the medium said, of one that was not: "EIO". */
  readonly errno?: string;
}

export interface LeafAnswerFields {
  readonly challengeId: string;
  readonly storeId: StoreId;
  /** The store's clock. */
  readonly timeMs: number;
  /** `hashLeafChallenge` of what was asked. */
  readonly challengeHash: Uint8Array;
  readonly items: readonly LeafAnswerItem[];
}

export interface LeafAnswer extends LeafAnswerFields {
  /** Fields and signature, as they are kept for evidence. */
  readonly signed: Uint8Array;
}

const HEAD_BYTES = 1 + CHALLENGE_ID_BYTES + 16 + 8 + HASH_BYTES + 2;
const ITEM_BYTES = 32 + 4 + 1;
const MAX_BODY_BYTES =
  HEAD_BYTES + MAX_CHALLENGE_LEAVES * (ITEM_BYTES + Math.max(HASH_BYTES, ERRNO_FIELD_BYTES));
export const MAX_LEAF_ANSWER_BYTES = MAX_BODY_BYTES + SIGNATURE_BYTES;

const FORM: SignedForm = {
  noun: 'leaf answer',
  domain: utf8('kura/1 leaf answer\n'),
  bodyBytes: { min: HEAD_BYTES + ITEM_BYTES, max: MAX_BODY_BYTES },
};

/** `seed`: the store's, 32 bytes. */
export function signLeafAnswer(fields: LeafAnswerFields, seed: Uint8Array): LeafAnswer {
  const writer = beginBody(FORM);
  writeChallengeId(writer, fields.challengeId);
  writer.raw(fromHex(fields.storeId));
  writer.u64(BigInt(fields.timeMs));
  writer.raw(fields.challengeHash);
  writer.u16(fields.items.length);
  for (const { copyId, leaf, state, hash, errno } of fields.items) {
    assert((hash?.length === HASH_BYTES) === (state === 'read'), 'what was read has a hash');
    writer.raw(fromHex(copyId));
    writer.u32(leaf);
    writeChoice(writer, LEAF_STATES, state);
    if (hash !== undefined) writer.raw(hash);
    else if (state === 'unreadable') writeErrno(writer, errno);
  }
  return { ...fields, signed: signBody(FORM, writer, seed) };
}

export interface LeafAnswerCheck extends StoreWordCheck {
  /** What was asked; evidence of later years brings it along. */
  readonly challenge: LeafChallenge;
}

/** Throws `refused` unless this store answers exactly this challenge, leaf by leaf. */
export function openLeafAnswer(signed: Uint8Array, check: LeafAnswerCheck): LeafAnswer {
  const { challenge, storeKey, storeId } = check;
  const answer = openStoreWord(FORM, signed, {
    ...{ storeKey, storeId },
    read: (reader): LeafAnswerFields => ({
      challengeId: readChallengeId(reader),
      storeId: readStoreId(reader),
      timeMs: readWhole(reader, FORM),
      challengeHash: reader.raw(HASH_BYTES).slice(),
      items: readMany(reader, MAX_CHALLENGE_LEAVES, () => {
        const asked = { copyId: copyId(toHex(reader.raw(32))), leaf: reader.u32() };
        const state = readChoice(reader, LEAF_STATES);
        if (state === 'read') return { ...asked, state, hash: reader.raw(HASH_BYTES).slice() };
        return { ...asked, state, ...(state === 'unreadable' ? readErrno(reader) : {}) };
      }),
    }),
  });
  const isOfIt =
    answer.challengeId === challenge.challengeId &&
    equalBytes(answer.challengeHash, hashLeafChallenge(challenge)) &&
    answer.items.length === challenge.leaves.length &&
    answer.items.every(({ copyId, leaf }, index) => {
      const asked = challenge.leaves[index];
      return asked?.copyId === copyId && asked.leaf === leaf;
    });
  if (isOfIt) return answer;
  throw refusal(FORM, 'challenge', 'it does not answer what was asked');
}
