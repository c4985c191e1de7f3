// The owner's word that a session may condemn packs: without it, whoever has a device that only saves could put a
// member's packs beyond use (docs/design/removal.md). It is of one session, whose id is never used again.
import {
  fromHex,
  type MemberId,
  memberId,
  type SessionId,
  sessionId,
  toHex,
  utf8,
} from '@kura/base';
import {
  beginBody,
  openBody,
  refusal,
  SIGNATURE_BYTES,
  type SignedForm,
  signBody,
} from './signed.ts';

export interface PruneOrder {
  readonly memberId: MemberId;
  readonly sessionId: SessionId;
}

const MEMBER_BYTES = 16;
const SESSION_BYTES = 16;
const BODY_BYTES = 1 + MEMBER_BYTES + SESSION_BYTES;
export const PRUNE_ORDER_BYTES = BODY_BYTES + SIGNATURE_BYTES;

const FORM: SignedForm = {
  noun: 'order to prune',
  domain: utf8('kura/1 prune\n'),
  bodyBytes: { min: BODY_BYTES, max: BODY_BYTES },
};

/** `seed`: the owner's, 32 bytes. */
export function signPruneOrder(order: PruneOrder, seed: Uint8Array): Uint8Array {
  const writer = beginBody(FORM);
  writer.raw(fromHex(order.memberId));
  writer.raw(fromHex(order.sessionId));
  return signBody(FORM, writer, seed);
}

/** Throws `refused` unless the owner signed it for this member and session. */
export function checkPruneOrder(
  signed: Uint8Array,
  wanted: PruneOrder,
  ownerKey: Uint8Array,
): void {
  const reader = openBody(FORM, signed, [ownerKey]);
  const member = memberId(toHex(reader.raw(MEMBER_BYTES)));
  const session = sessionId(toHex(reader.raw(SESSION_BYTES)));
  if (member === wanted.memberId && session === wanted.sessionId) return;
  throw refusal(FORM, 'key', 'it is of another member or another session');
}
