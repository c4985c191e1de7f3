// What opens a lock, as it stands in the record of its snapshot: the receipt, the stamps that agreed, the network's
// share in its box, and the secret wrapped under all of it (docs/design/locks.md). Nothing of it is secret from the
// member, and nothing of it opens without the share.
import { KuraError, must, type Random, utf8 } from '@kura/base';
import { givenStamps, lockBox } from '@kura/contract/wire/endpoints/locks.ts';
import { bytes, type Infer, optional, record, whole } from '@kura/contract/wire/shape.ts';
import { sealLockShare } from '@kura/copy-seal';
import { MAX_LOCK_SEAL_CHARACTERS } from '@kura/format';
import {
  LOCAL_OVERHEAD_BYTES,
  LOCK_SECRET_BYTES,
  LOCK_SHARE_BYTES,
  type LockSecret,
  lockedKeys,
  type MemberKeys,
  wrapLock,
} from '@kura/member-seal';
import { evidenceOf, givenOf } from '@kura/timestamps';
import type { KeptStamps } from '../notarise/kept-stamps.ts';
import { imprintOf } from '../notarise/notarise.ts';
import { objectIn } from '../small-file.ts';

const WRAPPED_BYTES = LOCK_SECRET_BYTES + LOCAL_OVERHEAD_BYTES;

const form = record({
  version: whole({ min: 1, max: 1 }),
  ...givenStamps,
  box: optional(lockBox),
  wrapped: bytes({ min: WRAPPED_BYTES, max: WRAPPED_BYTES }),
});

export type LockSeal = Infer<typeof form>;

export interface LockParts {
  readonly secret: LockSecret;
  readonly keys: MemberKeys;
  readonly random: Random;
  /** X25519, of whoever keeps the other part of the key; undefined: nobody does. */
  readonly notaryKey: Uint8Array | undefined;
}

/** `stamps`: those that have just agreed. */
export function sealLock(agreed: KeptStamps, parts: LockParts): string {
  const { secret, keys, random, notaryKey } = parts;
  const { approvals, receipt, stamps } = agreed;
  const { epoch } = lockedKeys(keys, secret);
  const evidence = evidenceOf({ epoch, approvals, imprint: imprintOf(receipt), stamps });
  const share = notaryKey === undefined ? undefined : random.bytes(LOCK_SHARE_BYTES);
  const { memberId } = keys;
  const box =
    notaryKey === undefined
      ? undefined
      : sealLockShare({ memberId, epoch, evidence, share: must(share, '') }, notaryKey, random);
  const wrapped = wrapLock(secret, { keys, share, evidence }, random);
  const given = { approvals, receipt, stamps: stamps.map(givenOf) };
  const text = JSON.stringify(form.write({ version: 1, ...given, box, wrapped }));
  if (text.length <= MAX_LOCK_SEAL_CHARACTERS) return text;
  throw new KuraError('too_large', 'the stamps do not fit into the record of a snapshot', {
    guidance: 'Ask for fewer approvals.',
  });
}

/** Throws `corrupt`. */
export function readSeal(text: string): LockSeal {
  const refuse = (cause?: unknown): never => {
    throw new KuraError('corrupt', 'the lock in the record of the snapshot is damaged', { cause });
  };
  try {
    return form.read(objectIn(utf8(text), refuse), '', 'ignored');
  } catch (error) {
    return refuse(error);
  }
}
