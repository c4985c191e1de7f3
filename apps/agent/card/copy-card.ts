// A second card with the same keys: every file as it is, sealed, the lock last, so that a copy that was interrupted
// is no card. The passphrase of the moment opens both; changing it on one does not change it on the other.
import { type Disk, KuraError } from '@kura/base';
import { type FileAccess, readSmallFile, replaceFile } from '../small-file.ts';
import { LOCK_FILE, MAX_FILE_BYTES } from './card-folder.ts';

export interface CardCopy {
  readonly files: number;
  readonly bytes: number;
}

/** More than any member has; a folder with more is no card. */
const MAX_FILES = 10_000;
/** Network, service, receipts: nothing of a card lies deeper. */
const MAX_DEPTH = 4;

/** Throws `already_exists` if there is a card in `to`, `not_found` if there is none in `from`. */
export async function copyCard(access: FileAccess, from: string, to: string): Promise<CardCopy> {
  const { disk } = access;
  if (disk.stat(`${from}/${LOCK_FILE}`) === undefined) {
    throw new KuraError('not_found', `there is no card in ${from}`);
  }
  if (disk.stat(`${to}/${LOCK_FILE}`) !== undefined) {
    throw new KuraError('already_exists', `there is a card in ${to} already`, {
      guidance: 'Name another folder.',
    });
  }
  const names = sealedFiles(disk, from);
  let bytes = 0;
  for (const name of [...names, LOCK_FILE]) {
    const path = `${from}/${name}`;
    const content = readSmallFile(disk, {
      path,
      maxBytes: MAX_FILE_BYTES,
      refuse: () => tooMuch(from),
    });
    if (content === undefined) throw new KuraError('missing', `${path} went away`);
    bytes += content.length;
    await replaceFile(access, `${to}/${name}`, content);
  }
  return { files: names.length + 1, bytes };
}

/** Below the folders of networks, relative to the card; leftovers of interrupted writes stay behind. */
export function sealedFiles(disk: Disk, card: string): readonly string[] {
  const found: string[] = [];
  const walk = (folder: string, depth: number): void => {
    if (depth > MAX_DEPTH) tooMuch(card);
    for (const { name, kind } of disk.list(folder === '' ? card : `${card}/${folder}`)) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (kind === 'folder') walk(path, depth + 1);
      else if (kind === 'file' && name.endsWith('.sealed')) found.push(path);
      if (found.length > MAX_FILES) tooMuch(card);
    }
  };
  walk('', 0);
  return found.sort();
}

function tooMuch(card: string): never {
  throw new KuraError('too_large', `${card} holds more than a card does`, {
    guidance: 'Name the folder of the card itself.',
  });
}
