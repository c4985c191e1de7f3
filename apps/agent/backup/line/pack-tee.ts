// Keeps a copy of every folder pack at home while it is sealed, so that listings and the next backup need no
// store. A cache: written without syncing, and named only when the pack is acknowledged.
import type { Disk, DiskFile, PackId } from '@kura/base';
import type { PackTee } from './pack-pool.ts';

const UNFINISHED = '.unfinished';

export function packTee(disk: Disk, folder: string): PackTee {
  const open = new Map<PackId, { readonly file: DiskFile; position: number }>();
  const pathOf = (packId: PackId): string => `${folder}/${packId}`;
  return {
    begin(packId) {
      disk.makeFolder(folder);
      open.set(packId, { file: disk.create(`${pathOf(packId)}${UNFINISHED}`), position: 0 });
    },
    write(packId, sealed) {
      const pack = open.get(packId);
      if (pack === undefined) return;
      pack.file.write(sealed, pack.position);
      pack.position += sealed.length;
    },
    end(packId, isComplete) {
      const pack = open.get(packId);
      if (pack === undefined) return;
      open.delete(packId);
      pack.file.close();
      if (isComplete) disk.rename(`${pathOf(packId)}${UNFINISHED}`, pathOf(packId));
      else disk.unlink(`${pathOf(packId)}${UNFINISHED}`);
    },
  };
}
