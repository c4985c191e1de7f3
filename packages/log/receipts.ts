// A receipt says what is in custody, whose it is, which stores hold it, under which roots, since when, and
// which snapshot came before. The member gets it all; the log gets only a salted hash of it, so that whoever
// reads the log learns nothing. Anyone can check a receipt offline with the log's key alone.
//
// What it is not: proof that the log shows everybody the same thing. That takes independent witnesses, whose
// cosignatures stand in the checkpoint; receipt-verifier.ts judges all of it, and this file only says its form.
import { hash } from 'node:crypto';
import { assert, concatBytes, KuraError, type MemberId, utf8 } from '@kura/base';
import { ACCEPTED_FIELDS, type AcceptedSubject, readAccepted } from './accepted.ts';
import { BodyFields } from './body-fields.ts';
import { canonicalJson, parseCanonicalJson } from './canonical-json.ts';

export const RECEIPT_KIND = 'kura/1 snapshot receipt';

/** Room for the 64 stores of a network at 1 KiB each. */
const MAX_BODY_BYTES = 64 * 1024;
const SALT_BYTES = 32;
const NOUN = 'receipt';

export interface ReceiptBody extends AcceptedSubject {
  readonly memberId: MemberId;
  /** When custody was acknowledged, milliseconds since 1970. */
  readonly timeMs: number;
  /** 32 random bytes, hex: makes the leaf a hiding commitment. */
  readonly salt: string;
}

/** The shape of the contract's CustodyReceipt. */
export interface Receipt {
  /** Of a snapshot (`formatReceiptBody`) or of another event of custody (events.ts). */
  readonly body: string;
  readonly leafIndex: number;
  /** Hex. */
  readonly inclusionProof: readonly string[];
  /** A signed note, with the lines of witnesses in it. */
  readonly checkpoint: string;
  /** What the network claims; whoever judges by a policy of his own finds out himself. */
  readonly witnessed: boolean;
}

/** The entry of the log: H(salt ‖ body). The tree hashes it once more, as it does every entry. */
export function receiptLeaf(body: string, salt: Uint8Array): Uint8Array {
  assert(salt.length === SALT_BYTES, 'a salt is 32 bytes');
  return new Uint8Array(hash('sha256', concatBytes(salt, utf8(body)), 'buffer'));
}

/** The text that is hashed, kept and shown. */
export function formatReceiptBody(body: ReceiptBody): string {
  const text = canonicalJson({
    kind: RECEIPT_KIND,
    memberId: body.memberId,
    snapshotId: body.snapshotId,
    predecessor: body.predecessor,
    deviceKey: body.deviceKey,
    packCount: body.packCount,
    packSetRoot: body.packSetRoot,
    stores: body.stores.map((store) => ({ ...store })),
    timeMs: body.timeMs,
    salt: body.salt,
  });
  assert(text.length <= MAX_BODY_BYTES, 'a receipt longer than its bound');
  parseReceiptBody(text);
  return text;
}

function refuse(why: string): never {
  throw new KuraError('refused', `the receipt is refused: ${why}`);
}

const BODY_FIELDS = ['kind', 'memberId', ...ACCEPTED_FIELDS, 'timeMs', 'salt'];
/** Throws `refused` unless this is the body of a snapshot's receipt, written as `formatReceiptBody` does. */
export function parseReceiptBody(body: string): ReceiptBody {
  if (body.length > MAX_BODY_BYTES) refuse('it is too long');
  const fields = new BodyFields(parseCanonicalJson(body, NOUN), { noun: NOUN, names: BODY_FIELDS });
  if (fields.value('kind') !== RECEIPT_KIND) refuse('it is of an unknown kind');
  return {
    ...readAccepted(fields, NOUN),
    memberId: fields.hex('memberId', 16) as MemberId,
    timeMs: fields.count('timeMs'),
    salt: fields.hex('salt', SALT_BYTES),
  };
}
