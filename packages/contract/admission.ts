// An admission: the coordinator tells one store under which pseudonym a member stores there, and whose signature
// may destroy it. A store files it once and never exchanges the key for another.
import { fromHex, type MemberId, memberId, type StoreId, storeId, toHex, utf8 } from '@kura/base';
import {
  beginBody,
  openBody,
  readWhole,
  refusal,
  SIGNATURE_BYTES,
  type SignedForm,
  signBody,
} from './signed.ts';

export interface Admission {
  readonly storeId: StoreId;
  readonly pseudonym: MemberId;
  /** Ed25519, raw, 32 bytes: signs this member's destroy-pack warrants. */
  readonly ownerKey: Uint8Array;
  readonly issuedMs: number;
}

const OWNER_KEY_BYTES = 32;
const BODY_BYTES = 1 + 16 + 16 + OWNER_KEY_BYTES + 8;
export const ADMISSION_BYTES = BODY_BYTES + SIGNATURE_BYTES;

const FORM: SignedForm = {
  noun: 'admission',
  domain: utf8('kura/1 admission\n'),
  bodyBytes: { min: BODY_BYTES, max: BODY_BYTES },
};

/** `seed`: the coordinator's warrant key's, 32 bytes. */
export function signAdmission(admission: Admission, seed: Uint8Array): Uint8Array {
  const writer = beginBody(FORM);
  writer.raw(fromHex(admission.storeId));
  writer.raw(fromHex(admission.pseudonym));
  writer.raw(admission.ownerKey);
  writer.u64(BigInt(admission.issuedMs));
  return signBody(FORM, writer, seed);
}

/** Throws `refused` unless this coordinator admits somebody to this store. */
export function openAdmission(
  signed: Uint8Array,
  check: { readonly coordinatorKey: Uint8Array; readonly storeId: StoreId },
): Admission {
  const reader = openBody(FORM, signed, [check.coordinatorKey]);
  const admission = {
    storeId: storeId(toHex(reader.raw(16))),
    pseudonym: memberId(toHex(reader.raw(16))),
    ownerKey: reader.raw(OWNER_KEY_BYTES).slice(),
    issuedMs: readWhole(reader, FORM),
  };
  if (admission.storeId !== check.storeId) throw refusal(FORM, 'store', 'it names another store');
  return admission;
}
