// What a new record names: the heads that its device knows as the newest, so that none of them can vanish unseen.
import type { DeviceId, SnapshotId } from '@kura/base';
import type { StoredSnapshot } from '../snapshots/snapshot-store.ts';
import type { KnownHead, KnownHistory } from './known-history.ts';

export interface Tips {
  /** This device's own newest; undefined before its first. */
  readonly predecessor: SnapshotId | undefined;
  /** The newest of each other device, the newest first. */
  readonly heads: readonly SnapshotId[];
}

/** As in `snapshot-body.ts`. */
const MAX_HEADS = 64;

/** Also heads that are known and not shown: whoever reads the record then sees that they are missing. */
export function tipsOf(
  known: KnownHistory,
  stored: readonly StoredSnapshot[],
  deviceId: DeviceId,
): Tips {
  const newest = new Map<DeviceId, KnownHead>();
  const shown = stored.map(
    ({ id, row: { leafIndex }, snapshot: { device, timeMs } }): KnownHead => ({
      ...{ snapshotId: id, deviceId: device, leafIndex, timeMs },
    }),
  );
  for (const head of [...known.standing.values(), ...shown]) {
    const before = newest.get(head.deviceId);
    if (before === undefined || before.leafIndex < head.leafIndex) newest.set(head.deviceId, head);
  }
  const others = [...newest.values()].filter((head) => head.deviceId !== deviceId);
  return {
    predecessor: newest.get(deviceId)?.snapshotId,
    heads: others
      .sort((a, b) => b.leafIndex - a.leafIndex)
      .slice(0, MAX_HEADS)
      .map(({ snapshotId }) => snapshotId),
  };
}
