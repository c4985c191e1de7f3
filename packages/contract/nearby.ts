// What is asked and answered on a local network by who looks for a store that holds a copy (docs/design/finding.md):
// datagrams of one length each. Only who knows a copy's name can ask for it or understand the answer; everybody else
// gets as many bytes that look the same.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';
import {
  assert,
  type CopyId,
  concatBytes,
  fromHex,
  type Random,
  type StoreId,
  storeId,
  toHex,
  utf8,
} from '@kura/base';

const MAGIC = utf8('KURA');
const VERSION = 1;
const QUESTION = 1;
const ANSWER = 2;
const HEAD_BYTES = 8;
const NONCE_BYTES = 16;
export const HINT_BYTES = 2;
const TAG_BYTES = 16;
const ENTRY_BYTES = HINT_BYTES + TAG_BYTES;
/** Copies that one question asks for. */
export const QUESTION_ENTRIES = 8;
export const QUESTION_BYTES = HEAD_BYTES + NONCE_BYTES + QUESTION_ENTRIES * ENTRY_BYTES;
const IV_BYTES = 12;
const STORE_BYTES = 16;
const MAX_ADDRESS_BYTES = 70;
const SEALED_BYTES = STORE_BYTES + 2 + MAX_ADDRESS_BYTES;
const CIPHER_TAG_BYTES = 16;
/** Less than a question: nobody is made to shout. */
export const ANSWER_BYTES = HEAD_BYTES + NONCE_BYTES + IV_BYTES + SEALED_BYTES + CIPHER_TAG_BYTES;
const CIPHER = 'aes-256-gcm';
const QUESTION_LABEL = utf8('kura/1 nearby question');
const ANSWER_LABEL = 'kura/1 nearby answer';

export interface NearbyQuestion {
  /** 16 bytes. */
  readonly nonce: Uint8Array;
  readonly entries: readonly {
    /** First two bytes of the copy's name. */
    readonly hint: Uint8Array;
    readonly tag: Uint8Array;
  }[];
}

export interface NearbyAnswer {
  readonly storeId: StoreId;
  /** "host:port" of its reader. */
  readonly address: string;
  /** Of the question's copies those that are held there. */
  readonly held: readonly CopyId[];
}

/** 168 bytes. `copies`: at most eight. */
export function encodeQuestion(copies: readonly CopyId[], random: Random): Uint8Array {
  assert(copies.length <= QUESTION_ENTRIES, 'a question asks for a bounded number of copies');
  const nonce = random.bytes(NONCE_BYTES);
  const entries = copies.map((copy) =>
    concatBytes(fromHex(copy).subarray(0, HINT_BYTES), tagOf(copy, nonce)),
  );
  const rest = random.bytes((QUESTION_ENTRIES - copies.length) * ENTRY_BYTES);
  return concatBytes(headOf(QUESTION), nonce, ...entries, rest);
}

/** Undefined for whatever else came. */
export function decodeQuestion(bytes: Uint8Array): NearbyQuestion | undefined {
  if (bytes.length !== QUESTION_BYTES || !hasHead(bytes, QUESTION)) return undefined;
  const nonce = bytes.slice(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES);
  const entries = Array.from({ length: QUESTION_ENTRIES }, (_, index) => {
    const at = HEAD_BYTES + NONCE_BYTES + index * ENTRY_BYTES;
    const hint = bytes.slice(at, at + HINT_BYTES);
    return { hint, tag: bytes.slice(at + HINT_BYTES, at + ENTRY_BYTES) };
  });
  return { nonce, entries };
}

/** Whether this entry asks for that copy. */
export function isAskedFor(
  { nonce, entries }: NearbyQuestion,
  entry: number,
  copy: CopyId,
): boolean {
  const asked = entries[entry];
  return asked !== undefined && timingSafeEqual(asked.tag, tagOf(copy, nonce));
}

export interface Holding {
  readonly storeId: StoreId;
  readonly address: string;
  /** Entry of the question → the copy that is held; in the order of entries. */
  readonly held: ReadonlyMap<number, CopyId>;
}

/** 140 bytes, of which nobody can say whether something is held who does not know its name. */
export function encodeAnswer(
  { nonce }: NearbyQuestion,
  { storeId: id, address, held }: Holding,
  random: Random,
): Uint8Array {
  const head = concatBytes(headOf(ANSWER), nonce);
  const [first] = held.values();
  if (first === undefined) return concatBytes(head, random.bytes(ANSWER_BYTES - head.length));
  const name = utf8(address);
  assert(name.length <= MAX_ADDRESS_BYTES, 'the address of a reader is short');
  const bits = [...held.keys()].reduce((sum, entry) => sum | (1 << entry), 0);
  const plain = new Uint8Array(SEALED_BYTES);
  plain.set(concatBytes(fromHex(id), Uint8Array.of(bits, name.length), name));
  const iv = random.bytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, answerKey(first, nonce), iv).setAAD(head);
  return concatBytes(head, iv, cipher.update(plain), cipher.final(), cipher.getAuthTag());
}

/** `copies`: as they were asked for. Undefined: to another question, of nobody who knows one, or nothing is held. */
export function decodeAnswer(
  bytes: Uint8Array,
  question: Uint8Array,
  copies: readonly CopyId[],
): NearbyAnswer | undefined {
  if (bytes.length !== ANSWER_BYTES || !hasHead(bytes, ANSWER)) return undefined;
  const head = bytes.subarray(0, HEAD_BYTES + NONCE_BYTES);
  const nonce = head.subarray(HEAD_BYTES);
  const asked = question.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES);
  if (!timingSafeEqual(nonce, asked)) return undefined;
  for (const copy of copies) {
    const plain = openWith(answerKey(copy, nonce), head, bytes.subarray(head.length));
    if (plain !== undefined) return readAnswer(plain, copies);
  }
  return undefined;
}

function openWith(key: Uint8Array, head: Uint8Array, rest: Uint8Array): Uint8Array | undefined {
  const decipher = createDecipheriv(CIPHER, key, rest.subarray(0, IV_BYTES), {
    authTagLength: CIPHER_TAG_BYTES,
  });
  decipher.setAAD(head).setAuthTag(rest.subarray(-CIPHER_TAG_BYTES));
  const plain = decipher.update(rest.subarray(IV_BYTES, -CIPHER_TAG_BYTES));
  try {
    decipher.final();
    return plain;
  } catch {
    // Under another name, or of somebody who knows none.
    return undefined;
  }
}

function readAnswer(plain: Uint8Array, copies: readonly CopyId[]): NearbyAnswer {
  const [bits = 0, length = 0] = plain.subarray(STORE_BYTES);
  const at = STORE_BYTES + 2;
  return {
    storeId: storeId(toHex(plain.subarray(0, STORE_BYTES))),
    address: Buffer.from(plain.subarray(at, at + length)).toString('utf8'),
    held: copies.filter((_, entry) => (bits & (1 << entry)) !== 0),
  };
}

function tagOf(copy: CopyId, nonce: Uint8Array): Uint8Array {
  const mac = createHmac('sha256', fromHex(copy)).update(QUESTION_LABEL).update(nonce).digest();
  return new Uint8Array(mac.subarray(0, TAG_BYTES));
}

function answerKey(copy: CopyId, nonce: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', fromHex(copy), nonce, ANSWER_LABEL, 32));
}

function headOf(kind: number): Uint8Array {
  return concatBytes(MAGIC, Uint8Array.of(VERSION, kind, 0, 0));
}

function hasHead(bytes: Uint8Array, kind: number): boolean {
  return timingSafeEqual(bytes.subarray(0, HEAD_BYTES), headOf(kind));
}
