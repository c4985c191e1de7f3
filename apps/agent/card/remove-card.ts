// A card that has moved leaves nothing that opens behind: its lock goes first, so that whatever an interrupted removal
// leaves is no card. A medium may keep removed bytes; they are sealed under the passphrase.

import type { FileAccess } from '../small-file.ts';
import { CardFolder, LOCK_FILE } from './card-folder.ts';
import { sealedFiles } from './copy-card.ts';

/** Nothing happens if there is no card. */
export async function removeCard({ disk, random }: FileAccess, folder: string): Promise<void> {
  if (!CardFolder.isThere({ disk, random, folder })) return;
  const names = sealedFiles(disk, folder);
  disk.unlink(`${folder}/${LOCK_FILE}`);
  await disk.syncFolder(folder);
  const folders = new Set<string>();
  for (const name of names) {
    disk.unlink(`${folder}/${name}`);
    const parts = name.split('/').slice(0, -1);
    for (let depth = parts.length; depth > 0; depth--) folders.add(parts.slice(0, depth).join('/'));
  }
  const deepestFirst = [...folders].sort((a, b) => b.length - a.length);
  for (const name of deepestFirst) removeIfEmpty(disk, `${folder}/${name}`);
}

/** Somebody may have put files of their own beside those of the card. */
function removeIfEmpty(disk: FileAccess['disk'], folder: string): void {
  if (disk.list(folder).length === 0) disk.removeFolder(folder);
}
