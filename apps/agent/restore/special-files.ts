// Makes entries that have no content: symbolic links, pipes, devices, sockets. What a link points to is
// never looked at; devices are made only for a restore that restores owners, which takes root.
import type { ByteString } from '@kura/base';
import type { TreeEntry } from '@kura/format/types.ts';
import type { Descriptor, Posix } from '@kura/native';
import { isTypeProblem, reasonOf } from './problems.ts';

const NEW_MODE = 0o600;

/** Undefined if it was made, or why it cannot be made here. */
export function makeSpecial(options: {
  readonly posix: Posix;
  readonly folder: Descriptor;
  readonly entry: TreeEntry;
  readonly owners: boolean;
}): string | undefined {
  const { posix, folder, entry, owners } = options;
  const { type, name, deviceNumber } = entry;
  if ((type === 'character' || type === 'block') && !owners) {
    return 'devices need a restore with owners, as root';
  }
  try {
    if (type === 'symlink') posix.symlinkAt(entry.target, folder, name);
    else if (type !== 'file' && type !== 'folder') {
      posix.makeNodeAt(folder, name, type, NEW_MODE, deviceNumber);
    }
    return undefined;
  } catch (error) {
    if (!isTypeProblem(error)) throw error;
    return reasonOf(error);
  }
}

const COPY_BYTES = 1 << 20;

/**
 * For a name that cannot be a link: a file with the same bytes and attributes, both in staging. False if
 * `from` is not a file.
 */
export function copyStaged(options: {
  readonly posix: Posix;
  readonly from: ByteString;
  readonly folder: Descriptor;
  readonly name: ByteString;
}): boolean {
  const { posix, from, folder, name } = options;
  const source = posix.openRead(from);
  try {
    const status = posix.statusOf(source);
    if (status.type !== 'file') return false;
    const copy = posix.createFileAt(folder, name);
    try {
      copyRegions(posix, { source, copy, sizeBytes: status.sizeBytes });
      posix.setOwner(copy, status.uid, status.gid);
      for (const attribute of posix.attributesOf(source)) posix.setAttribute(copy, attribute);
      posix.setMode(copy, status.mode);
      posix.setTimes(copy, status.mtimeNs);
      posix.sync(copy);
    } finally {
      posix.close(copy);
    }
    return true;
  } finally {
    posix.close(source);
  }
}

function copyRegions(
  posix: Posix,
  files: { readonly source: Descriptor; readonly copy: Descriptor; readonly sizeBytes: number },
): void {
  const { source, copy, sizeBytes } = files;
  const buffer = new Uint8Array(COPY_BYTES);
  posix.truncate(copy, sizeBytes);
  for (const { offset, length } of posix.dataRegions(source, sizeBytes)) {
    for (let at = offset; at < offset + length; at += COPY_BYTES) {
      const want = buffer.subarray(0, Math.min(COPY_BYTES, offset + length - at));
      const got = posix.read(source, want, at);
      posix.write(copy, want.subarray(0, got), at);
    }
  }
}
