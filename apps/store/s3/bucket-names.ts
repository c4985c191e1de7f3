// Names of a shelf's objects (docs/design/store-daemon.md): as on a folder, without what only a folder needs.
import { assert, type CopyId } from '@kura/base';
import { isCopyName, RECORD_NAME } from '../shelf/layout.ts';

export const RECORD_OBJECT = RECORD_NAME;
export const COPIES_PREFIX = 'copies/';
export const PROBE_PREFIX = 'probe/';

export function copyObject(id: CopyId): string {
  assert(isCopyName(id), 'a copy id is 64 hexadecimal digits');
  return `${COPIES_PREFIX}${id.slice(0, 2)}/${id}`;
}

/** The copy that an object is; undefined if it is none. */
export function copyOfObject(key: string): CopyId | undefined {
  const name = key.slice(COPIES_PREFIX.length + 3);
  return isCopyName(name) && key === copyObject(name) ? name : undefined;
}

/** What is set aside of this copy begins so. */
export function quarantinePrefix(id: CopyId): string {
  return `quarantine/${id}-`;
}
