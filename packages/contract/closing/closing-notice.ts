// What a coordinator tells one store when a member is given notice: with the owner's consent in it, or a store would
// have the coordinator's word only. A store counts the days itself, from when it first had this notice.
import {
  fromHex,
  KuraError,
  type MemberId,
  memberId,
  type StoreId,
  storeId,
  toHex,
  utf8,
} from '@kura/base';
import {
  beginBody,
  openBody,
  type RefusalReason,
  readWhole,
  refusal,
  SIGNATURE_BYTES,
  type SignedForm,
  signBody,
} from '../signed.ts';
import {
  CLOSING_CONSENT_BYTES,
  type ClosingConsent,
  openClosingConsent,
} from './closing-consent.ts';

export interface ClosingNotice {
  readonly storeId: StoreId;
  /** As the store knows the member. */
  readonly pseudonym: MemberId;
  /** As the owner signed it. */
  readonly consent: Uint8Array;
  /** Not fewer than those of the consent. */
  readonly days: number;
  /** The coordinator's clock: tells notices apart, and counts for nothing else. */
  readonly givenMs: number;
}

const BODY_BYTES = 1 + 16 + 16 + CLOSING_CONSENT_BYTES + 4 + 8;
export const CLOSING_NOTICE_BYTES = BODY_BYTES + SIGNATURE_BYTES;

const FORM: SignedForm = {
  noun: 'notice of closing',
  domain: utf8('kura/1 closing notice\n'),
  bodyBytes: { min: BODY_BYTES, max: BODY_BYTES },
};

/** `seed`: the coordinator's, 32 bytes. */
export function signClosingNotice(notice: ClosingNotice, seed: Uint8Array): Uint8Array {
  const writer = beginBody(FORM);
  writer.raw(fromHex(notice.storeId));
  writer.raw(fromHex(notice.pseudonym));
  writer.raw(notice.consent);
  writer.u32(notice.days);
  writer.u64(BigInt(notice.givenMs));
  return signBody(FORM, writer, seed);
}

export interface ClosingNoticeCheck {
  readonly storeId: StoreId;
  readonly coordinatorKey: Uint8Array;
  /** Undefined for whom the store does not know. */
  readonly ownerKeyOf: (pseudonym: MemberId) => Uint8Array | undefined;
}

/** What a store answers to a notice: for how long it has been on file, and for how long it has to be. */
export interface NoticeHeld {
  readonly heldMs: number;
  readonly neededMs: number;
}

export interface OpenedNotice extends ClosingNotice {
  readonly consented: ClosingConsent;
}

/** Throws `refused` unless the coordinator gives notice here to a member whose owner has consented to it. */
export function openClosingNotice(signed: Uint8Array, check: ClosingNoticeCheck): OpenedNotice {
  const reader = openBody(FORM, signed, [check.coordinatorKey]);
  const store = storeId(toHex(reader.raw(16)));
  if (store !== check.storeId) throw refusal(FORM, 'store', 'it names another store');
  const pseudonym = memberId(toHex(reader.raw(16)));
  const ownerKey = check.ownerKeyOf(pseudonym);
  if (ownerKey === undefined) throw refusal(FORM, 'key', 'nobody of this name is known here');
  const consent = reader.raw(CLOSING_CONSENT_BYTES).slice();
  const consented = openClosingConsent(consent, ownerKey);
  const days = reader.u32();
  if (days < consented.days) {
    throw refusal(FORM, 'early', `the owner consented to ${consented.days} days, not to ${days}`);
  }
  return { storeId: store, pseudonym, consent, consented, days, givenMs: readWhole(reader, FORM) };
}

/** Of a store that does not close a member's custody. */
export function refuseClosing(reason: RefusalReason, why: string): KuraError {
  return new KuraError('refused', `the closing is refused: ${why}`, { context: { reason } });
}
