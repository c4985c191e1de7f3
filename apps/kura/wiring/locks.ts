// Who helps to open a lock from here (docs/design/locks.md): a network of others keeps a part of each key; a card may
// carry it; in a network of one's own folders nobody else keeps anything.
import { judgeLock, type LockHelp, lockOf, shareOf } from '@kura/agent/lock/open-lock.ts';
import type { StoredSnapshot } from '@kura/agent/snapshots/snapshot-store.ts';
import { KuraError } from '@kura/base';
import { openLockKey } from '@kura/contract';
import type { OpenHome, OwnHome } from './open.ts';

export function lockHelp(home: OpenHome): LockHelp {
  if (home.kind === 'embedded') return {};
  const { files } = home;
  const carried = (epoch: number): Uint8Array | undefined => files.lockShare(epoch);
  if (home.kind === 'card') return { carried };
  return { carried, ask: (request) => home.coordinator.openLock(request) };
}

/** X25519; undefined where nobody keeps a part. Throws `refused` for one that the network has not signed. */
export async function notaryKeyOf(home: OwnHome): Promise<Uint8Array | undefined> {
  if (home.kind === 'embedded') return undefined;
  const { coordinatorKey } = home.files.network();
  return openLockKey(await home.coordinator.lockKey(), coordinatorKey);
}

/** From then on the card opens this snapshot alone. */
export async function carryShare(home: OwnHome, stored: StoredSnapshot): Promise<void> {
  const { epoch } = lockOf(stored);
  const { seal } = judgeLock(stored);
  if (home.kind === 'embedded' || seal.box === undefined) {
    throw new KuraError('unsupported', 'nobody else keeps a part of the key to this snapshot', {
      guidance: 'The recovery words and its record open it.',
    });
  }
  const share = await shareOf(stored, seal, lockHelp(home));
  await home.files.keepLockShare(epoch, share);
}
