// The owner's word that whoever runs the network may end custody of all of a member, after a notice: signed in advance,
// once, and taken back by a withdrawal (docs/design/removal.md). It names no packs, so it orders nothing by itself.
import { DAY_MS, fromHex, type MemberId, memberId, toHex, utf8 } from '@kura/base';
import {
  beginBody,
  openBody,
  readWhole,
  refusal,
  SIGNATURE_BYTES,
  type SignedForm,
  signBody,
} from '../signed.ts';

export interface ClosingConsent {
  readonly memberId: MemberId;
  /** Of notice, at least; `MIN_NOTICE_DAYS` to `MAX_NOTICE_DAYS`. */
  readonly days: number;
  /** The device's clock: a withdrawal of this time or later voids it. */
  readonly timeMs: number;
}

/** Fewer: who is away for a holiday would not hear of it. */
export const MIN_NOTICE_DAYS = 30;
/** More: as good as none. */
export const MAX_NOTICE_DAYS = 3650;

const MEMBER_BYTES = 16;
const CONSENT_BODY_BYTES = 1 + MEMBER_BYTES + 4 + 8;
const WITHDRAWAL_BODY_BYTES = 1 + MEMBER_BYTES + 8;
export const CLOSING_CONSENT_BYTES = CONSENT_BODY_BYTES + SIGNATURE_BYTES;
export const CLOSING_WITHDRAWAL_BYTES = WITHDRAWAL_BODY_BYTES + SIGNATURE_BYTES;

const CONSENT: SignedForm = {
  noun: 'closing consent',
  domain: utf8('kura/1 closing\n'),
  bodyBytes: { min: CONSENT_BODY_BYTES, max: CONSENT_BODY_BYTES },
};

const WITHDRAWAL: SignedForm = {
  noun: 'withdrawal of a closing consent',
  domain: utf8('kura/1 closing withdrawn\n'),
  bodyBytes: { min: WITHDRAWAL_BODY_BYTES, max: WITHDRAWAL_BODY_BYTES },
};

export function isNoticeDays(days: number): boolean {
  return Number.isInteger(days) && days >= MIN_NOTICE_DAYS && days <= MAX_NOTICE_DAYS;
}

export function noticeMs(days: number): number {
  return days * DAY_MS;
}

/** `seed`: the owner's, 32 bytes. */
export function signClosingConsent(consent: ClosingConsent, seed: Uint8Array): Uint8Array {
  const writer = beginBody(CONSENT);
  writer.raw(fromHex(consent.memberId));
  writer.u32(consent.days);
  writer.u64(BigInt(consent.timeMs));
  return signBody(CONSENT, writer, seed);
}

/** Throws `refused` unless the owner signed it, for as long a notice as there has to be. */
export function openClosingConsent(signed: Uint8Array, ownerKey: Uint8Array): ClosingConsent {
  const reader = openBody(CONSENT, signed, [ownerKey]);
  const member = memberId(toHex(reader.raw(MEMBER_BYTES)));
  const days = reader.u32();
  if (!isNoticeDays(days)) {
    throw refusal(CONSENT, 'long', `${days} days are no notice that can be consented to`);
  }
  return { memberId: member, days, timeMs: readWhole(reader, CONSENT) };
}

export interface ClosingWithdrawal {
  readonly memberId: MemberId;
  /** Every consent of this time or before is void. */
  readonly timeMs: number;
}

/** `seed`: the owner's, 32 bytes. */
export function signClosingWithdrawal(
  { memberId: member, timeMs }: ClosingWithdrawal,
  seed: Uint8Array,
): Uint8Array {
  const writer = beginBody(WITHDRAWAL);
  writer.raw(fromHex(member));
  writer.u64(BigInt(timeMs));
  return signBody(WITHDRAWAL, writer, seed);
}

/** Throws `refused` unless the owner signed it. */
export function openClosingWithdrawal(signed: Uint8Array, ownerKey: Uint8Array): ClosingWithdrawal {
  const reader = openBody(WITHDRAWAL, signed, [ownerKey]);
  const member = memberId(toHex(reader.raw(MEMBER_BYTES)));
  return { memberId: member, timeMs: readWhole(reader, WITHDRAWAL) };
}
