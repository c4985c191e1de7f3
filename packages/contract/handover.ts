// A handover: the coordinator that a shelf obeys names the one that it shall obey from now on. So an owner brings the
// folder of an embedded network into one of programs (docs/design/adoption.md); nobody else can.
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

export interface Handover {
  readonly storeId: StoreId;
  /** Ed25519, raw, 32 bytes: signs retire-copy warrants and admissions from now on. */
  readonly coordinatorKey: Uint8Array;
  readonly issuedMs: number;
}

const KEY_BYTES = 32;
const BODY_BYTES = 1 + 16 + KEY_BYTES + 8;
export const HANDOVER_BYTES = BODY_BYTES + SIGNATURE_BYTES;

const FORM: SignedForm = {
  noun: 'handover',
  domain: utf8('kura/1 handover\n'),
  bodyBytes: { min: BODY_BYTES, max: BODY_BYTES },
};

/** `seed`: of the coordinator that the shelf obeys now, 32 bytes. */
export function signHandover(handover: Handover, seed: Uint8Array): Uint8Array {
  const writer = beginBody(FORM);
  writer.raw(fromHex(handover.storeId));
  writer.raw(handover.coordinatorKey);
  writer.u64(BigInt(handover.issuedMs));
  return signBody(FORM, writer, seed);
}

export interface HandoverCheck {
  /** Whom the shelf obeys now. */
  readonly from: Uint8Array;
  /** Of the network that the store is enrolling in. */
  readonly to: Uint8Array;
  readonly storeId: StoreId;
}

/** Throws `refused` with `context.reason` unless `from` gives exactly this store to `to`. */
export function openHandover(
  signed: Uint8Array,
  { from, to, storeId: own }: HandoverCheck,
): Handover {
  const reader = openBody(FORM, signed, [from]);
  const handover = {
    storeId: storeId(toHex(reader.raw(16))),
    coordinatorKey: reader.raw(KEY_BYTES).slice(),
    issuedMs: readWhole(reader, FORM),
  };
  if (handover.storeId !== own) throw refusal(FORM, 'store', 'it names another store');
  if (equalBytes(handover.coordinatorKey, to)) return handover;
  throw refusal(FORM, 'key', 'it gives the store to another network');
}
