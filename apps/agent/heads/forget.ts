// Lets snapshots leave the history: the owner signs, the coordinator keeps the order, this device knows it.
import type { Clock, SnapshotId } from '@kura/base';
import { type CoordinatorPort, MAX_FORGET_SNAPSHOTS, signForgetOrder } from '@kura/contract';
import type { MemberKeys } from '@kura/member-seal';
import type { HistoryMemory } from './history-memory.ts';

export interface ForgetPorts {
  readonly coordinator: Pick<CoordinatorPort, 'forgetSnapshots'>;
  readonly keys: Pick<MemberKeys, 'memberId' | 'ownerSeed'>;
  readonly history: HistoryMemory;
  readonly clock: Clock;
}

/** In pieces of 500; those before a failure stay forgotten. */
export async function forget(ids: readonly SnapshotId[], ports: ForgetPorts): Promise<void> {
  const { coordinator, keys, history, clock } = ports;
  for (let at = 0; at < ids.length; at += MAX_FORGET_SNAPSHOTS) {
    const snapshots = ids.slice(at, at + MAX_FORGET_SNAPSHOTS);
    const order = { memberId: keys.memberId, timeMs: clock.nowMs(), snapshots };
    await coordinator.forgetSnapshots(signForgetOrder(order, keys.ownerSeed));
    const known = history.read();
    const standing = new Map(known.standing);
    for (const id of snapshots) standing.delete(id);
    const forgotten = new Set([...known.forgotten, ...snapshots]);
    await history.write({ ...known, standing, forgotten });
  }
}
