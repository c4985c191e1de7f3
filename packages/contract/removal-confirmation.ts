// A store's word that what a warrant names is not there any more, its folders synced: the end of a removal, for the
// log. Whoever has the warrant can check it (docs/design/removal.md).
import { hash } from 'node:crypto';
import { equalBytes, fromHex, type StoreId, storeId, toHex, utf8 } from '@kura/base';
import {
  beginBody,
  openBody,
  readWhole,
  refusal,
  SIGNATURE_BYTES,
  type SignedForm,
  signBody,
} from './signed.ts';

export interface RemovalConfirmation {
  readonly storeId: StoreId;
  /** SHA-256 of the warrant as it travelled, 32 bytes. */
  readonly warrantHash: Uint8Array;
  /** How many copies the warrant named. */
  readonly copies: number;
  /** The store's clock, milliseconds since 1970. */
  readonly timeMs: number;
}

const STORE_BYTES = 16;
const HASH_BYTES = 32;
const BODY_BYTES = 1 + STORE_BYTES + HASH_BYTES + 4 + 8;
export const REMOVAL_CONFIRMATION_BYTES = BODY_BYTES + SIGNATURE_BYTES;

const FORM: SignedForm = {
  noun: 'confirmation of a removal',
  domain: utf8('kura/1 removed\n'),
  bodyBytes: { min: BODY_BYTES, max: BODY_BYTES },
};

/** `encodedWarrant`: as `encodeWarrant` wrote it. */
export function hashWarrant(encodedWarrant: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', encodedWarrant, 'buffer'));
}

/** `seed`: the store's, 32 bytes. */
export function signRemovalConfirmation(
  { storeId: store, warrantHash, copies, timeMs }: RemovalConfirmation,
  seed: Uint8Array,
): Uint8Array {
  const writer = beginBody(FORM);
  writer.raw(fromHex(store));
  writer.raw(warrantHash);
  writer.u32(copies);
  writer.u64(BigInt(timeMs));
  return signBody(FORM, writer, seed);
}

export interface ConfirmationCheck {
  readonly storeId: StoreId;
  readonly storeKey: Uint8Array;
  readonly encodedWarrant: Uint8Array;
}

/** Throws `refused` unless this store confirms just this warrant. */
export function openRemovalConfirmation(
  signed: Uint8Array,
  check: ConfirmationCheck,
): RemovalConfirmation {
  const reader = openBody(FORM, signed, [check.storeKey]);
  const confirmation: RemovalConfirmation = {
    storeId: storeId(toHex(reader.raw(STORE_BYTES))),
    warrantHash: reader.raw(HASH_BYTES).slice(),
    copies: reader.u32(),
    timeMs: readWhole(reader, FORM),
  };
  if (confirmation.storeId !== check.storeId)
    throw refusal(FORM, 'store', 'it is of another store');
  if (!equalBytes(confirmation.warrantHash, hashWarrant(check.encodedWarrant))) {
    throw refusal(FORM, 'malformed', 'it is of another warrant');
  }
  return confirmation;
}
