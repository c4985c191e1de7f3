// Names of things. An id is a branded string, so that a PackId can never be passed where a
// SnapshotId is meant. Binary ids are written as lower-case hex outside of the formats.
import { KuraError } from './error.ts';

declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** 32 random bytes; also the salt of everything derived for this pack. */
export type PackId = Brand<string, 'PackId'>;
/** Name of a pack at one store: HMAC of the pack id under a key of member and store. */
export type CopyId = Brand<string, 'CopyId'>;
/** SHA-256 of the signed snapshot record. */
export type SnapshotId = Brand<string, 'SnapshotId'>;
/** 16 random bytes, drawn when the store is founded. */
export type StoreId = Brand<string, 'StoreId'>;
/** 16 bytes derived from the member's root. */
export type MemberId = Brand<string, 'MemberId'>;
/** The first 16 bytes of H(device key): no device can speak in another's name. */
export type DeviceId = Brand<string, 'DeviceId'>;
/** 16 random bytes: one run of a command that writes or removes. */
export type SessionId = Brand<string, 'SessionId'>;
/** Keyed hash of a chunk's plaintext, 32 bytes, kept binary because there are millions. */
export type ChunkId = Brand<Uint8Array, 'ChunkId'>;

/**
 * A file name or path whose every character is one byte (0–255), so that names in any encoding
 * survive, compare bytewise and stay compact. Made by reading directories as latin1.
 */
export type ByteString = Brand<string, 'ByteString'>;

const HEX = /^[0-9a-f]+$/;

function parseHexId<T extends string>(text: string, hexLength: number, noun: string): T {
  if (text.length !== hexLength || !HEX.test(text)) {
    throw new KuraError('usage', `"${text.slice(0, 80)}" is not a ${noun}`, {
      guidance: `A ${noun} is ${hexLength} hexadecimal characters.`,
    });
  }
  return text as T;
}

export const packId = (text: string): PackId => parseHexId(text, 64, 'pack id');
export const copyId = (text: string): CopyId => parseHexId(text, 64, 'copy id');
export const snapshotId = (text: string): SnapshotId => parseHexId(text, 64, 'snapshot id');
export const storeId = (text: string): StoreId => parseHexId(text, 32, 'store id');
export const memberId = (text: string): MemberId => parseHexId(text, 32, 'member id');
export const deviceId = (text: string): DeviceId => parseHexId(text, 32, 'device id');
export const sessionId = (text: string): SessionId => parseHexId(text, 32, 'session id');

/** The bytes of a UTF-8 string as a ByteString. */
export function byteString(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1') as ByteString;
}

/** For display: valid UTF-8 as itself, other bytes as U+FFFD. */
export function displayName(name: ByteString): string {
  return Buffer.from(name, 'latin1').toString('utf8');
}

/** False if `displayName` cannot be turned back: then `--json` adds `path_base64`. */
export function isUtf8(name: ByteString): boolean {
  return byteString(displayName(name)) === name;
}
