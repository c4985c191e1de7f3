// A store says with its own key, which every card pins, which TLS key its reader has: what a client believes
// before it shows a ticket. The reader itself has no key of the store.
import { assert, equalBytes, fromHex, type StoreId, storeId, toHex, utf8 } from '@kura/base';
import { isU32 } from './acknowledgement.ts';
import {
  beginBody,
  KEY_HASH_BYTES,
  openBody,
  readWhole,
  refusal,
  SIGNATURE_BYTES,
  type SignedForm,
  signBody,
} from './signed.ts';

export interface ReaderStatement {
  readonly storeId: StoreId;
  /** Below 2^32. */
  readonly inventoryEpoch: number;
  /** SHA-256 of the SubjectPublicKeyInfo of the reader's TLS certificate, 32 bytes. */
  readonly keyHash: Uint8Array;
  readonly madeMs: number;
}

const BODY_BYTES = 1 + 16 + 4 + KEY_HASH_BYTES + 8;
export const STATEMENT_BYTES = BODY_BYTES + SIGNATURE_BYTES;

const FORM: SignedForm = {
  noun: 'reader statement',
  domain: utf8('kura/1 reader\n'),
  bodyBytes: { min: BODY_BYTES, max: BODY_BYTES },
};

/** `seed`: the store's, 32 bytes. */
export function signReaderStatement(statement: ReaderStatement, seed: Uint8Array): Uint8Array {
  assert(isU32(statement.inventoryEpoch), 'an inventory epoch is counted in 32 bits');
  const writer = beginBody(FORM);
  writer.raw(fromHex(statement.storeId));
  writer.u32(statement.inventoryEpoch);
  writer.raw(statement.keyHash);
  writer.u64(BigInt(statement.madeMs));
  return signBody(FORM, writer, seed);
}

export interface StatementCheck {
  /** Of the store that is meant, from the card or the network's description. */
  readonly storeKey: Uint8Array;
  readonly storeId: StoreId;
  /** Of the certificate that the other end of the connection has. */
  readonly keyHash: Uint8Array;
}

/**
 * Throws `refused` unless this store says that its reader is at the other end. The inventory epoch is for the
 * caller to compare; an older statement proves as much as a newer one, while the reader keeps its key.
 */
export function openReaderStatement(signed: Uint8Array, check: StatementCheck): ReaderStatement {
  const reader = openBody(FORM, signed, [check.storeKey]);
  const statement = {
    storeId: storeId(toHex(reader.raw(16))),
    inventoryEpoch: reader.u32(),
    keyHash: reader.raw(KEY_HASH_BYTES).slice(),
    madeMs: readWhole(reader, FORM),
  };
  if (statement.storeId !== check.storeId) throw refusal(FORM, 'store', 'it names another store');
  if (!equalBytes(statement.keyHash, check.keyHash)) {
    throw refusal(FORM, 'key', 'another TLS key stands at the end of this connection');
  }
  return statement;
}
