// The mixed tree: regular files and symbolic links of this system's own folders, in the order of their
// names, and, where the system has too few, generated files of mixed sizes and kinds. Nothing in it
// changes once it is made.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { LogText } from './log-text.ts';

export interface TreeOptions {
  readonly minFiles: number;
  readonly minBytes: number;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: LogText;
}

const SYSTEM_FOLDERS = ['/usr/share', '/usr/lib', '/usr/include', '/usr/src', '/opt', '/usr/bin'];
/** A single huge library would be a case of its own. */
const MAX_FILE_BYTES = 128 * 2 ** 20;
/** The disk must hold the tree, two copies of it and a restored one. */
const MAX_OVER = 1.4;
const FOLDER_FILES = 100;

interface Counts {
  files: number;
  links: number;
  bytes: number;
}

/** Copies one entry; folders are entered. Unreadable and odd entries are left out. */
function copyEntry(from: string, to: string, options: TreeOptions, counts: Counts): void {
  if (counts.files >= options.minFiles * MAX_OVER) return;
  if (counts.files >= options.minFiles && counts.bytes >= options.minBytes) return;
  const stat = lstatSync(from);
  if (stat.isDirectory()) {
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from).sort()) {
      copyEntry(join(from, name), join(to, name), options, counts);
    }
  } else if (stat.isSymbolicLink()) {
    symlinkSync(readlinkSync(from), to);
    counts.links += 1;
  } else if (stat.isFile() && stat.size <= MAX_FILE_BYTES) {
    if (counts.bytes + stat.size > options.minBytes * MAX_OVER) return;
    copyFileSync(from, to);
    chmodSync(to, stat.mode & 0o777);
    counts.files += 1;
    counts.bytes += stat.size;
  }
}

/** Small files mostly, as in a home folder; every third does not compress. */
function generate(folder: string, options: TreeOptions, counts: Counts): void {
  const draw = new DataView(options.random(8).buffer);
  const word = draw.getUint32(0);
  for (let index = 0; counts.files < options.minFiles || counts.bytes < options.minBytes; index++) {
    const lacking = Math.max(1, options.minFiles - counts.files);
    const mean = Math.max(1024, (options.minBytes - counts.bytes) / lacking);
    // Sizes from a twentieth of the mean up to about three times it.
    const part = ((index * 2654435761 + word) % 1000) / 1000;
    const size = Math.min(8 * 2 ** 20, Math.ceil(mean * (0.05 + 2.85 * part * part)));
    const path = join(folder, `${Math.floor(index / FOLDER_FILES)}`, `file-${index}`);
    if (index % FOLDER_FILES === 0) mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, index % 3 === 0 ? options.random(size) : options.log.block(size));
    counts.files += 1;
    counts.bytes += size;
  }
}

export function makeTree(root: string, options: TreeOptions): string {
  const counts: Counts = { files: 0, links: 0, bytes: 0 };
  for (const folder of SYSTEM_FOLDERS.filter((path) => existsSync(path))) {
    if (lstatSync(folder).isSymbolicLink()) continue;
    const target = join(root, folder);
    mkdirSync(dirname(target), { recursive: true });
    copyEntry(folder, target, options, counts);
  }
  const copied = { ...counts };
  generate(join(root, 'generated'), options, counts);
  const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  return (
    `${counts.files} files and ${counts.links} symbolic links, ${mebibytes(counts.bytes)}: ` +
    `${copied.files} files (${mebibytes(copied.bytes)}) copied from ${SYSTEM_FOLDERS.join(', ')}, ` +
    `${counts.files - copied.files} generated`
  );
}
