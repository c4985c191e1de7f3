// Secrets of locks between the backup and its stamps, sealed under the root: a backup that is killed there is notarised
// later, from this home. When the record of the snapshot has its lock, the secret goes; nobody keeps it from then on.
import { type FileAccess, KuraError, readSmallFile } from '@kura/base';
import {
  LOCAL_OVERHEAD_BYTES,
  LOCK_SECRET_BYTES,
  type LockSecret,
  lockedKeys,
  type MemberKeys,
  openLocal,
  sealLocal,
} from '@kura/member-seal';
import type { HomePaths } from '../home.ts';
import { replaceFile } from '../small-file.ts';

const PURPOSE = 'pending lock';
const SEALED_BYTES = LOCK_SECRET_BYTES + LOCAL_OVERHEAD_BYTES;

export interface PendingPlace extends FileAccess {
  readonly home: Pick<HomePaths, 'folder'>;
  readonly keys: MemberKeys;
}

/** Durable before anything is saved under it. */
export async function keepPending(place: PendingPlace, secret: LockSecret): Promise<void> {
  const { keys, random, disk } = place;
  const { localKey } = keys;
  disk.makeFolder(folderOf(place));
  const sealed = sealLocal({ localKey, purpose: PURPOSE, bytes: secret, random });
  await replaceFile(place, pathOf(place, lockedKeys(keys, secret).epoch), sealed);
}

/** Throws `not_found` if it is not in this home, `corrupt` if it is damaged. */
export function readPending(place: PendingPlace, epoch: number): LockSecret {
  const { disk, keys } = place;
  const path = pathOf(place, epoch);
  const refuse = (cause?: unknown): never => {
    throw new KuraError('corrupt', `${path} is damaged`, { cause });
  };
  const sealed = readSmallFile(disk, { path, maxBytes: SEALED_BYTES, refuse });
  if (sealed === undefined) {
    throw new KuraError('not_found', 'the lock of this snapshot is not in this home', {
      guidance: 'Notarise it from the home that saved it; no other one has its key yet.',
    });
  }
  const secret = openLocal({ localKey: keys.localKey, purpose: PURPOSE, sealed }) as LockSecret;
  return lockedKeys(keys, secret).epoch === epoch ? secret : refuse();
}

export function dropPending(place: PendingPlace, epoch: number): void {
  const path = pathOf(place, epoch);
  if (place.disk.stat(path) !== undefined) place.disk.unlink(path);
}

function folderOf({ home }: Pick<PendingPlace, 'home'>): string {
  return `${home.folder}/member/locks`;
}

function pathOf(place: Pick<PendingPlace, 'home'>, epoch: number): string {
  return `${folderOf(place)}/${epoch.toString(16)}.sealed`;
}
