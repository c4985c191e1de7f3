// Stamps of a snapshot as they are kept: one file of JSON each in KURA_HOME/stamps, with all that it takes to
// judge them without anybody: the receipt, the tokens, and the certificates that were believed. Those of a locked
// snapshot are in its record instead (../lock).
import { createHash, type X509Certificate } from 'node:crypto';
import { type FileAccess, KuraError, type SnapshotId, utf8 } from '@kura/base';
import type { CustodyReceipt } from '@kura/contract';
import { givenStamps } from '@kura/contract/wire/endpoints/locks.ts';
import { record, whole } from '@kura/contract/wire/shape.ts';
import { type GivenStamp, givenOf, judgeStamps, type Stamp } from '@kura/timestamps';
import { readSmallJson, replaceFile } from '../small-file.ts';
import { imprintOf, timeOf } from './notarise.ts';

const MAX_FILE_BYTES = 2 * 1024 * 1024;

const kept = record({ version: whole({ min: 1, max: 1 }), ...givenStamps });

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
  const file = { version: 1, approvals, receipt, stamps: stamps.map(givenOf) };
  const json = JSON.stringify(kept.write(file), undefined, 2);
  await replaceFile(place, pathOf(place, snapshotId), utf8(`${json}\n`));
}

/** Whether some were kept here, whatever they are worth now. */
export function hasStamps(place: StampsPlace, snapshotId: SnapshotId): boolean {
  return place.disk.stat(pathOf(place, snapshotId)) !== undefined;
}

/**
 * Judged anew, offline. `believed`: authorities that count now; undefined: those that were believed when it was kept.
 * Throws `not_found`, `corrupt`, or `refused` if they do not agree any more.
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
  return judgeKept(kept.read(json, '', 'ignored'), believed);
}

/** Throws `refused` unless so many as were asked for agree with the receipt. */
export function judgeKept(
  {
    approvals,
    receipt,
    stamps: given,
  }: Pick<KeptStamps, 'approvals' | 'receipt'> & { readonly stamps: readonly GivenStamp[] },
  believed?: readonly X509Certificate[],
): KeptStamps {
  const imprint = imprintOf(receipt);
  const stamps = judgeStamps({ approvals, imprint, timeMs: timeOf(receipt), given, believed });
  return { approvals, receipt, stamps };
}

function pathOf({ homeFolder }: Pick<StampsPlace, 'homeFolder'>, snapshotId: SnapshotId): string {
  return `${homeFolder}/stamps/${snapshotId}.json`;
}

/** SHA-256 of what was stamped, for people. */
export function stampedHash(receipt: CustodyReceipt): string {
  return createHash('sha256').update(receipt.body).digest('hex');
}
