// Keeps a copy of every folder pack at home while it is sealed, so that listings and the next backup need no
// store. A cache: written without syncing, named only when the pack is acknowledged, and given up at the first
// fault, because no backup may fail for the sake of a cache.
import { concatBytes, type DiskFile, type PackId } from '@kura/base';
import { hashLeaves, type LocalPackPlace } from '../../index/local-pack.ts';
import type { PackTee } from './pack-pool.ts';

const UNFINISHED = '.unfinished';

interface OpenTee {
  readonly file: DiskFile;
  position: number;
  readonly hashes: Uint8Array[];
}

export function packTee(place: LocalPackPlace): PackTee {
  const { disk, folder } = place;
  const open = new Map<PackId, OpenTee>();
  const pathOf = (packId: PackId): string => `${folder}/${packId}`;
  const giveUp = (packId: PackId, tee: OpenTee): void => {
    open.delete(packId);
    tryTo(() => tee.file.close());
    tryTo(() => disk.unlink(`${pathOf(packId)}${UNFINISHED}`));
  };
  return {
    begin(packId) {
      tryTo(() => {
        disk.makeFolder(folder);
        const file = disk.create(`${pathOf(packId)}${UNFINISHED}`);
        open.set(packId, { file, position: 0, hashes: [] });
      });
    },
    write(packId, sealed) {
      const tee = open.get(packId);
      if (tee === undefined) return;
      const isWritten = tryTo(() => {
        tee.file.write(sealed, tee.position);
        tee.position += sealed.length;
        tee.hashes.push(hashLeaves(place, sealed));
      });
      if (!isWritten) giveUp(packId, tee);
    },
    end(packId, isComplete) {
      const tee = open.get(packId);
      if (tee === undefined) return;
      const isKept =
        isComplete &&
        tryTo(() => {
          tee.file.write(concatBytes(...tee.hashes), tee.position);
          tee.file.close();
          disk.rename(`${pathOf(packId)}${UNFINISHED}`, pathOf(packId));
        });
      if (isKept) open.delete(packId);
      else giveUp(packId, tee);
    },
  };
}

function tryTo(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
