// For tests: what the system says of a file, every field something else.
import type { FileStatus } from '@kura/native';

export function fileStatus(change: Partial<FileStatus> = {}): FileStatus {
  return {
    type: 'file',
    mode: 0o644,
    uid: 1,
    gid: 2,
    sizeBytes: 20,
    blocks: 8,
    mtimeNs: 10n,
    ctimeNs: 11n,
    inode: 12n,
    device: 13n,
    links: 1,
    deviceNumber: 0n,
    ...change,
  };
}
