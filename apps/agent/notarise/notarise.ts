// Row D16: when all stores have confirmed, the receipt that says so is stamped by several authorities that need
// not know each other. A snapshot is notarised if enough of them agree: with each other, and with the time in the
// receipt.
import { createHash } from 'node:crypto';
import { KuraError, type Random } from '@kura/base';
import type { CustodyReceipt } from '@kura/contract';
import { headOfRecord, parseCustodyRecord } from '@kura/log';
import { agreeing, type Stamp } from '@kura/timestamps';
import { type AskedAuthority, askForStamp } from './authorities.ts';

export interface Notarisation {
  readonly stamps: readonly Stamp[];
  /** Why an authority gave none that counts, by name. */
  readonly failures: ReadonlyMap<string, string>;
}

/** What is stamped: SHA-256 of the receipt's body, which binds snapshot, packs, stores and their roots. */
export function imprintOf(receipt: Pick<CustodyReceipt, 'body'>): Uint8Array {
  return new Uint8Array(createHash('sha256').update(receipt.body).digest());
}

/** The coordinator's: what stamps have to agree with. */
export function timeOf({ body }: Pick<CustodyReceipt, 'body'>): number {
  return headOfRecord(parseCustodyRecord(body)).timeMs;
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
  const stamps = agreeing(timeOf(receipt), given, (name, why) => failures.set(name, why));
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
