// Row D16: when all stores have confirmed, the receipt that says so is stamped by several authorities that need
// not know each other. A snapshot is notarised if enough of them agree: with each other, and with the time in the
// receipt.
import { createHash } from 'node:crypto';
import { isoTime, KuraError, MINUTE_MS, type Random } from '@kura/base';
import type { CustodyReceipt } from '@kura/contract';
import { headOfRecord, parseCustodyRecord } from '@kura/log';
import { type AskedAuthority, askForStamp, type Stamp } from './authorities.ts';

/** Clocks differ, and answers take time; more is a clock that is wrong, or a stamp of another day. */
export const AGREE_MS = 10 * MINUTE_MS;

export interface Notarisation {
  readonly stamps: readonly Stamp[];
  /** Why an authority gave none that counts, by name. */
  readonly failures: ReadonlyMap<string, string>;
}

/** What is stamped: SHA-256 of the receipt's body, which binds snapshot, packs, stores and their roots. */
export function imprintOf(receipt: Pick<CustodyReceipt, 'body'>): Uint8Array {
  return new Uint8Array(createHash('sha256').update(receipt.body).digest());
}

/** All at once; throws `refused` unless `approvals` of them agree. */
export async function notarise(
  receipt: CustodyReceipt,
  authorities: readonly AskedAuthority[],
  { approvals, random }: { readonly approvals: number; readonly random: Random },
): Promise<Notarisation> {
  const imprint = imprintOf(receipt);
  const failures = new Map<string, string>();
  const asked = await Promise.all(
    authorities.map(async (authority) => {
      try {
        return await askForStamp(authority, imprint, random);
      } catch (error) {
        if (!(error instanceof KuraError)) throw error;
        failures.set(authority.name, error.message);
        return undefined;
      }
    }),
  );
  const given = asked.filter((stamp) => stamp !== undefined);
  const stamps = agreeing(receipt, given, (name, why) => failures.set(name, why));
  if (stamps.length >= approvals) return { stamps, failures };
  const why = [...failures].map(([name, message]) => `${name}: ${message}`).join('; ');
  throw new KuraError(
    'refused',
    `${stamps.length} of ${approvals} timestamp authorities have approved: ${why}`,
    {
      guidance: 'The snapshot is saved. Notarise it again: kura stamps add SNAPSHOT',
      context: { approvals, given: stamps.length },
    },
  );
}

/** Those whose time is that of the receipt, each authority once: two names of one are one approval. */
export function agreeing(
  receipt: Pick<CustodyReceipt, 'body'>,
  stamps: readonly Stamp[],
  onOdd: (name: string, why: string) => void,
): readonly Stamp[] {
  const { timeMs } = headOfRecord(parseCustodyRecord(receipt.body));
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
