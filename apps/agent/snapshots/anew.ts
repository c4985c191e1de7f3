// A record that takes the place of another: of the same day, signed by this device, now.
import type { PackId, SessionId, SnapshotId } from '@kura/base';
import { type EncodedSnapshot, encodeSnapshot, type Snapshot } from '@kura/format';
import { packSetRootOf } from '../backup/pack-set.ts';
import type { OwnContext } from '../context.ts';
import { remember } from '../heads/look-back.ts';
import { tipsOf } from '../heads/tips.ts';
import type { SnapshotStore, StoredSnapshot } from './snapshot-store.ts';

const LEAF_SALT_BYTES = 32;

export interface SignedAnew extends EncodedSnapshot {
  readonly snapshot: Snapshot;
}

/** `changes`: what is not as it was; whose record it is, and what was before it, follows from this device. */
export async function signAnew(
  stored: StoredSnapshot,
  changes: Partial<Snapshot>,
  ports: OwnContext & { readonly snapshots: SnapshotStore },
): Promise<SignedAnew> {
  const { device, random, network, history } = ports;
  const all = await ports.snapshots.listReadable(() => undefined);
  const snapshot: Snapshot = {
    ...stored.snapshot,
    ...changes,
    original: stored.snapshot.original ?? stored.id,
    ...tipsOf(history.read(), all, device.deviceId),
    device: device.deviceId,
    network: { copies: network.copies, home: network.home },
  };
  return { snapshot, ...encodeSnapshot({ snapshot, device, random }) };
}

export interface AnewCommit {
  readonly session: SessionId;
  readonly signed: SignedAnew;
  /** Of the record. */
  readonly packId: PackId;
  /** All that the tree needs. */
  readonly used: readonly PackId[];
}

/** Throws if packs of the tree are gone, or have too few copies. */
export async function commitAnew(commit: AnewCommit, ports: OwnContext): Promise<SnapshotId> {
  const { coordinator, device, random, history } = ports;
  const { session, packId } = commit;
  const { snapshot, snapshotId } = commit.signed;
  const { timeMs, predecessor } = snapshot;
  const packs = [...new Set([...commit.used, packId])];
  const head = {
    ...{ snapshotId, packId, predecessor, timeMs },
    deviceKey: device.publicKey,
    packSetRoot: packSetRootOf(packs),
    packCount: packs.length,
    leafSalt: random.bytes(LEAF_SALT_BYTES),
  };
  const { leafIndex, checkpoint } = await coordinator.commitSnapshot(session, head, packs);
  const { deviceId } = device;
  await remember({ snapshotId, deviceId, leafIndex, timeMs, checkpoint }, history);
  return snapshotId;
}
