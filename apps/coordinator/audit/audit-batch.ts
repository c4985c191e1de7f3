// Copies of several packs whose turn has come, in two transactions however many there are: pairs are spent before
// anything is asked, and what was seen is written at the end. Stores are asked side by side.
import type { Rows } from '../db/tables.ts';
import type { Lease } from '../leases/leases.ts';
import { LANE_MS, Lanes } from './lanes.ts';
import { lookAtPack } from './look-at-pack.ts';
import { makeReady } from './make-ready.ts';
import { noteLooks } from './note-looks.ts';
import type { BatchAudit, PackTurns } from './turns.ts';

export interface BatchEnds {
  /** Nothing more is begun. */
  readonly isStopped: () => boolean;
  /** Of the last transaction: the round goes on behind this batch. */
  readonly onNoted: (rows: Rows) => Promise<void>;
}

/** Resolves to whether some of it was put off. Throws `interrupted` if the lease went to another. */
export async function auditBatch(
  lease: Lease,
  packs: readonly PackTurns[],
  { isStopped, onNoted, ...audit }: BatchAudit & BatchEnds,
): Promise<boolean> {
  const { pass } = audit;
  const ready = await lease.transact((rows) => makeReady(rows, packs, audit));
  const endMs = pass.nowMs + LANE_MS;
  const lanes = new Lanes(() => isStopped() || pass.nowMs >= endMs);
  const looks = await Promise.all(ready.map((pack) => lookAtPack(pack, { pass, lanes })));
  await lease.transact(async (rows) => {
    await noteLooks(rows, looks, audit);
    await onNoted(rows);
  });
  return looks.some(({ putOff }) => putOff.length > 0);
}
