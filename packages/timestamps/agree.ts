// Whether stamps of one hash agree: with the time that is claimed for it, and by authorities that are not the same; and
// the hash that names all that has agreed, for a lock that only they open.
import { createHash, type X509Certificate } from 'node:crypto';
import { isoTime, KuraError, MINUTE_MS } from '@kura/base';
import { readAuthorities } from './chain.ts';
import { type Timestamp, verifyTimestamp } from './verify.ts';

/** Clocks differ, and answers take time; more is a clock that is wrong, or a stamp of another day. */
export const AGREE_MS = 10 * MINUTE_MS;
const DOMAIN = 'kura/1 agreed\n';

export interface Stamp {
  /** For people: a host name, or "the network". */
  readonly name: string;
  /** DER of a TimeStampToken. */
  readonly token: Uint8Array;
  readonly timestamp: Timestamp;
}

/** Those whose time is `timeMs`, each authority once: two names of one are one approval. */
export function agreeing(
  timeMs: number,
  stamps: readonly Stamp[],
  onOdd: (name: string, why: string) => void,
): readonly Stamp[] {
  const authorities = new Set<string>();
  return stamps.filter(({ name, timestamp }) => {
    const offMs = Math.abs(timestamp.timeMs - timeMs);
    if (offMs > AGREE_MS + (timestamp.accuracyMs ?? 0)) {
      onOdd(
        name,
        `its time is ${isoTime(timestamp.timeMs)}, that of the receipt ${isoTime(timeMs)}`,
      );
      return false;
    }
    const authority = timestamp.authority.fingerprint256;
    if (authorities.has(authority)) {
      onOdd(name, 'it is the same authority as another one');
      return false;
    }
    authorities.add(authority);
    return true;
  });
}

export interface Agreement {
  /** Of the lock. */
  readonly epoch: number;
  readonly approvals: number;
  /** SHA-256 of what was stamped. */
  readonly imprint: Uint8Array;
  readonly stamps: readonly Stamp[];
}

/** 32 bytes: another stamp, authority, receipt, lock or number of approvals gives another. */
export function evidenceOf({ epoch, approvals, imprint, stamps }: Agreement): Uint8Array {
  const numbers = new Uint8Array(8);
  const view = new DataView(numbers.buffer);
  view.setUint32(0, epoch);
  view.setUint32(4, approvals);
  const all = createHash('sha256').update(DOMAIN).update(numbers).update(imprint);
  for (const { token, timestamp } of stamps) {
    all.update(createHash('sha256').update(token).digest());
    all.update(createHash('sha256').update(timestamp.authority.raw).digest());
  }
  return new Uint8Array(all.digest());
}

/** A stamp as it is kept and sent: with the certificate that its owner believed. */
export interface GivenStamp {
  readonly name: string;
  readonly token: Uint8Array;
  readonly authorityPem: string;
}

export interface GivenStamps extends Pick<Agreement, 'approvals' | 'imprint'> {
  /** What is claimed for the time of what was stamped. */
  readonly timeMs: number;
  readonly given: readonly GivenStamp[];
  /** Authorities that count now; default, those that each stamp names. */
  readonly believed?: readonly X509Certificate[] | undefined;
}

/** Judged anew, offline: those that agree. Throws `refused` if one is not what it says, or too few agree. */
export function judgeStamps(stamps: GivenStamps): readonly Stamp[] {
  const { approvals, imprint, timeMs, given, believed } = stamps;
  const all = given.map(({ name, token, authorityPem }): Stamp => {
    const authorities = believed ?? readAuthorities(authorityPem);
    return { name, token, timestamp: verifyTimestamp(token, { imprint, authorities }) };
  });
  const odd: string[] = [];
  const good = agreeing(timeMs, all, (name, why) => odd.push(`${name}: ${why}`));
  if (good.length >= approvals) return good;
  const why = odd.length === 0 ? '' : `: ${odd.join('; ')}`;
  throw new KuraError('refused', `the stamps do not agree: ${good.length} of ${approvals}${why}`, {
    context: { approvals, given: good.length },
  });
}

export function givenOf({ name, token, timestamp }: Stamp): GivenStamp {
  return { name, token, authorityPem: timestamp.authority.toString() };
}
