// Stamps of a snapshot as they are kept: one file of JSON each in KURA_HOME/stamps, with all that it takes to
// judge them without anybody: the receipt, the tokens, and the certificates that were believed.
import { createHash, type X509Certificate } from 'node:crypto';
import { type FileAccess, KuraError, type SnapshotId, utf8 } from '@kura/base';
import type { CustodyReceipt } from '@kura/contract';
import { custodyReceipt } from '@kura/contract/wire/endpoints/custody.ts';
import { bytes, list, record, text, whole } from '@kura/contract/wire/shape.ts';
import { readAuthorities, verifyTimestamp } from '@kura/timestamps';
import { readSmallJson, replaceFile } from '../small-file.ts';
import type { Stamp } from './authorities.ts';
import { agreeing, imprintOf } from './notarise.ts';

const MAX_FILE_BYTES = 2 * 1024 * 1024;
const MAX_STAMPS = 16;

const kept = record({
  version: whole({ min: 1, max: 1 }),
  approvals: whole({ min: 1, max: MAX_STAMPS }),
  receipt: custodyReceipt,
  stamps: list(
    record({
      name: text({ maxLength: 256 }),
      token: bytes({ min: 1, max: 64 * 1024 }),
      authorityPem: text({ maxLength: 16_384 }),
    }),
    { maxItems: MAX_STAMPS },
  ),
});

export interface KeptStamps {
  readonly approvals: number;
  readonly receipt: CustodyReceipt;
  readonly stamps: readonly Stamp[];
}

export interface StampsPlace extends FileAccess {
  /** KURA_HOME. */
  readonly homeFolder: string;
}

export async function keepStamps(
  place: StampsPlace,
  snapshotId: SnapshotId,
  { approvals, receipt, stamps }: KeptStamps,
): Promise<void> {
  const file = {
    ...{ version: 1, approvals, receipt },
    stamps: stamps.map(({ name, token, timestamp }) => ({
      ...{ name, token, authorityPem: timestamp.authority.toString() },
    })),
  };
  const json = JSON.stringify(kept.write(file), undefined, 2);
  await replaceFile(place, pathOf(place, snapshotId), utf8(`${json}\n`));
}

/**
 * Judged anew, offline. `believed`: fingerprints of authorities that count now; undefined: those that were
 * believed when it was kept. Throws `not_found`, `corrupt`, or `refused` if they do not agree any more.
 */
export function readStamps(
  place: StampsPlace,
  snapshotId: SnapshotId,
  believed?: readonly X509Certificate[],
): KeptStamps {
  const path = pathOf(place, snapshotId);
  const refuse = (cause?: unknown): never => {
    throw new KuraError('corrupt', `${path} is damaged`, { cause });
  };
  const json = readSmallJson(place.disk, { path, maxBytes: MAX_FILE_BYTES, refuse });
  if (json === undefined) {
    throw new KuraError('not_found', `snapshot ${snapshotId.slice(0, 12)} has no stamps here`, {
      guidance: 'Notarise it: kura stamps add SNAPSHOT',
    });
  }
  const { approvals, receipt, stamps: all } = kept.read(json, '', 'ignored');
  const imprint = imprintOf(receipt);
  const given = all.map(({ name, token, authorityPem }): Stamp => {
    const authorities = believed ?? readAuthorities(authorityPem);
    return { name, token, timestamp: verifyTimestamp(token, { imprint, authorities }) };
  });
  const odd: string[] = [];
  const stamps = agreeing(receipt, given, (name, why) => odd.push(`${name}: ${why}`));
  if (stamps.length < approvals) {
    throw new KuraError('refused', `the stamps do not agree: ${odd.join('; ')}`);
  }
  return { approvals, receipt, stamps };
}

function pathOf({ homeFolder }: Pick<StampsPlace, 'homeFolder'>, snapshotId: SnapshotId): string {
  return `${homeFolder}/stamps/${snapshotId}.json`;
}

/** SHA-256 of what was stamped, for people. */
export function stampedHash(receipt: CustodyReceipt): string {
  return createHash('sha256').update(receipt.body).digest('hex');
}
