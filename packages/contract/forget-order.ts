// The owner's word that snapshots leave the history (docs/design/heads.md). Without one, a head that a device knows and
// a coordinator does not show is an incident; so the coordinator keeps every order, and each device judges it itself.
import {
  assert,
  ByteReader,
  fromHex,
  type MemberId,
  memberId,
  type SnapshotId,
  snapshotId,
  toHex,
  utf8,
} from '@kura/base';
import {
  beginBody,
  openBody,
  readWhole,
  refusal,
  SIGNATURE_BYTES,
  type SignedForm,
  signBody,
} from './signed.ts';

export interface ForgetOrder {
  readonly memberId: MemberId;
  /** The device's clock, milliseconds since 1970: told, and relied on by nobody. */
  readonly timeMs: number;
  /** Ascending, each once; at least one. */
  readonly snapshots: readonly SnapshotId[];
}

/** An order that the coordinator keeps. Numbers ascend, and have gaps. */
export interface KeptOrder {
  readonly number: number;
  readonly order: Uint8Array;
}

/** One order names at most so many: its check stays bounded. */
export const MAX_FORGET_SNAPSHOTS = 500;
const VERSION = 1;
const MEMBER_BYTES = 16;
const ID_BYTES = 32;
const HEAD_BYTES = 1 + MEMBER_BYTES + 8 + 4;
export const MAX_FORGET_ORDER_BYTES =
  HEAD_BYTES + MAX_FORGET_SNAPSHOTS * ID_BYTES + SIGNATURE_BYTES;

const FORM: SignedForm = {
  noun: 'order to forget',
  domain: utf8('kura/1 forget\n'),
  bodyBytes: { min: HEAD_BYTES + ID_BYTES, max: MAX_FORGET_ORDER_BYTES - SIGNATURE_BYTES },
};

/** `seed`: the owner's, 32 bytes. Sorts what it is given. */
export function signForgetOrder(order: ForgetOrder, seed: Uint8Array): Uint8Array {
  const ids = [...new Set(order.snapshots)].sort();
  assert(ids.length > 0 && ids.length <= MAX_FORGET_SNAPSHOTS, 'an order names 1 to 500');
  const writer = beginBody(FORM);
  writer.raw(fromHex(order.memberId));
  writer.u64(BigInt(order.timeMs));
  writer.u32(ids.length);
  for (const id of ids) writer.raw(fromHex(id));
  return signBody(FORM, writer, seed);
}

export interface ForgetOrderCheck {
  readonly memberId: MemberId;
  readonly ownerKey: Uint8Array;
}

/** Throws `refused` unless the owner of this member signed exactly this. */
export function openForgetOrder(signed: Uint8Array, check: ForgetOrderCheck): ForgetOrder {
  const order = readFields(openBody(FORM, signed, [check.ownerKey]));
  if (order.memberId !== check.memberId) throw refusal(FORM, 'key', 'it is of another member');
  return order;
}

/**
 * What an order says, whoever signed it: for tables that are the owner's own, where whoever can write is the owner.
 * Throws `refused` or `corrupt` for what is none.
 */
export function readForgetOrder(signed: Uint8Array): ForgetOrder {
  const end = signed.length - SIGNATURE_BYTES;
  const { min, max } = FORM.bodyBytes;
  if (end < min || end > max || signed[0] !== VERSION) {
    throw refusal(FORM, 'malformed', 'its length or its version is not right');
  }
  return readFields(new ByteReader(signed.subarray(1, end), FORM.noun));
}

function readFields(reader: ByteReader): ForgetOrder {
  const member = memberId(toHex(reader.raw(MEMBER_BYTES)));
  const timeMs = readWhole(reader, FORM);
  const count = reader.u32();
  if (count * ID_BYTES !== reader.remaining) {
    throw refusal(FORM, 'malformed', 'it has not the length that it states');
  }
  const snapshots = Array.from({ length: count }, () => snapshotId(toHex(reader.raw(ID_BYTES))));
  const isAscending = snapshots.every(
    (id, index) => index === 0 || (snapshots[index - 1] ?? '') < id,
  );
  if (!isAscending) throw refusal(FORM, 'malformed', 'its snapshots are out of order');
  return { memberId: member, timeMs, snapshots };
}
