// What a store's signed answers have in common: opened with the store's key, read to the last byte, and of the
// store that is meant. Whatever is wrong with one is `refused` with a reason.
import {
  type ByteReader,
  type ByteWriter,
  fromHex,
  KuraError,
  type StoreId,
  storeId,
  toHex,
} from '@kura/base';
import { isHexOf } from '../acknowledgement.ts';
import { openBody, refusal, type SignedForm } from '../signed.ts';

export const HASH_BYTES = 32;
export const CHALLENGE_ID_BYTES = 16;
const STORE_ID_BYTES = 16;
/** "EIO", "ENODATA": the longest of Linux has 15 characters. */
const MAX_ERRNO_BYTES = 16;
export const ERRNO_FIELD_BYTES = 1 + MAX_ERRNO_BYTES;

export interface StoreWordCheck {
  /** Of the store that is meant: Ed25519, raw. */
  readonly storeKey: Uint8Array;
  readonly storeId: StoreId;
}

/** The fields that `read` takes out of `signed`, and nothing after them. */
export function openStoreWord<T extends { readonly storeId: StoreId }>(
  form: SignedForm,
  signed: Uint8Array,
  check: StoreWordCheck & { readonly read: (reader: ByteReader) => T },
): T & { readonly signed: Uint8Array } {
  const reader = openBody(form, signed, [check.storeKey]);
  const fields = readFields(form, reader, check.read);
  if (fields.storeId !== check.storeId) throw refusal(form, 'store', 'it is of another store');
  return { ...fields, signed: signed.slice() };
}

function readFields<T>(form: SignedForm, reader: ByteReader, read: (reader: ByteReader) => T): T {
  try {
    const fields = read(reader);
    reader.end();
    return fields;
  } catch (error) {
    if (error instanceof KuraError && error.code === 'refused') throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw refusal(form, 'malformed', why);
  }
}

export function readStoreId(reader: ByteReader): StoreId {
  return storeId(toHex(reader.raw(STORE_ID_BYTES)));
}

/** Whoever asks chooses it: an id that is no hexadecimal text would throw where it is written. */
export function isChallengeId(text: string): boolean {
  return isHexOf(text, CHALLENGE_ID_BYTES);
}

export function writeChallengeId(writer: ByteWriter, id: string): void {
  writer.raw(fromHex(id));
}

export function readChallengeId(reader: ByteReader): string {
  return toHex(reader.raw(CHALLENGE_ID_BYTES));
}

const isErrno = (text: string): boolean => /^E[A-Z0-9]{1,15}$/.test(text);

/** An empty field if there is none, or if it is no name of an error. */
export function writeErrno(writer: ByteWriter, errno: string | undefined): void {
  writer.latin1(errno !== undefined && isErrno(errno) ? errno : '');
}

/** As a field of an object, so that what has none lacks it. */
export function readErrno(reader: ByteReader): { readonly errno?: string } {
  const errno = reader.latin1(MAX_ERRNO_BYTES);
  if (errno === '') return {};
  return isErrno(errno) ? { errno } : reader.fail('an error in it has no name');
}

/** One of a closed list, as its number. */
export function writeChoice<T extends string>(
  writer: ByteWriter,
  choices: readonly T[],
  value: T,
): void {
  writer.u8(choices.indexOf(value));
}

export function readChoice<T extends string>(reader: ByteReader, choices: readonly T[]): T {
  return choices[reader.u8()] ?? reader.fail('a choice in it is unknown');
}

export function readFlag(reader: ByteReader): boolean {
  return readChoice(reader, ['no', 'yes']) === 'yes';
}

/** A length of 16 bits, at most `most`. */
export function readMany<T>(reader: ByteReader, most: number, readOne: () => T): readonly T[] {
  const count = reader.u16();
  if (count > most) reader.fail(`it lists more than ${most}`);
  return Array.from({ length: count }, readOne);
}
