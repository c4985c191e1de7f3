// Rules about attributes that comparing, setting and undoing share: which count, which user we are, and
// which modes may come back without their owner.
import type { ByteString } from '@kura/base';
import type { Descriptor, ExtendedAttribute } from '@kura/native';
import type { EntryAttributes } from './file-batch.ts';
import type { RestorePosix } from './ports.ts';

export const USER = process.geteuid?.() ?? 0;
export const GROUP = process.getegid?.() ?? 0;
const SET_UID = 0o4000;
const SET_GID = 0o2000;
const ACL_PREFIX = 'system.posix_acl_';

/** Without its owner a set-uid program would run as whoever restores it. */
export function restorableMode(wanted: EntryAttributes, owners: boolean): number {
  let mode = wanted.mode;
  if (owners || (mode & (SET_UID | SET_GID)) === 0) return mode;
  if (wanted.uid !== USER) mode &= ~SET_UID;
  if (wanted.gid !== GROUP) mode &= ~SET_GID;
  return mode;
}

/** Attributes that users give; others are the system's own (labels), which a snapshot may lack. */
export function isOurs(name: ByteString): boolean {
  return name.startsWith('user.') || name.startsWith(ACL_PREFIX);
}

/** Everything wanted is there, and nothing of the user's beyond it. */
export function matchesAttributes(
  standing: readonly ExtendedAttribute[],
  wanted: readonly ExtendedAttribute[],
): boolean {
  if (standing.length === 0 && wanted.length === 0) return true;
  const rest = new Map(standing.map(({ name, value }) => [name, value]));
  for (const { name, value } of wanted) {
    const other = rest.get(name);
    if (other === undefined || Buffer.compare(other, value) !== 0) return false;
    rest.delete(name);
  }
  for (const name of rest.keys()) if (isOurs(name)) return false;
  return true;
}

/** An ACL of this form means none: version 2 and no entries. */
const EMPTY_ACL = new Uint8Array([2, 0, 0, 0]);

/** Throws `unsupported` where attributes cannot be removed. */
export function dropAttribute(posix: RestorePosix, file: Descriptor, name: ByteString): void {
  if (name.startsWith('system.posix_acl_')) {
    posix.setAttribute(file, { name, value: EMPTY_ACL });
  } else {
    posix.removeAttribute(file, name);
  }
}
