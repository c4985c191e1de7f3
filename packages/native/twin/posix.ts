// Files as plain Node has them. What it cannot save or restore stands in `incapabilities`, so that
// a backup can say so; what it cannot do throws `unsupported`, never half of it. Work in an open
// folder goes through /proc/self/fd on Linux, so links are not followed there either; elsewhere
// through the path that was opened, which a link swapped in later could divert.
import fs from 'node:fs';
import type { ByteString } from '@kura/base';
import { assert, KuraError } from '@kura/base';
import { files, listFolder, toFileStatus } from '../files.ts';
import { checkName, toNodePath } from '../names.ts';
import type { Descriptor, ExtendedAttribute, Incapability, Posix } from '../types.ts';

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW } = fs.constants;
/** Linux only; node:fs has no name for it. */
const O_PATH = 0o10000000;
const IS_LINUX = process.platform === 'linux';
const NO_ATTRIBUTES: ExtendedAttribute[] = [];
const NS_PER_S = 1_000_000_000n;

const INCAPABILITIES: ReadonlySet<Incapability> = new Set<Incapability>([
  'attributes',
  'holes',
  'devices',
  'nanoseconds',
  ...(process.platform === 'win32' ? (['owners'] as const) : []),
]);

function unsupported(what: string): KuraError {
  return new KuraError('unsupported', `this runtime cannot ${what}`, {
    guidance: 'Run it with the Node that the project installs, on Linux.',
  });
}

/** As node:fs wants it: seconds with 0.2 µs of error, or, before 1970, a date of whole ms. */
function nodeTime(timeNs: bigint): number | Date {
  if (timeNs < 0n) return new Date(Number(timeNs / 1_000_000n)); // a negative number would mean now
  return Number(timeNs / NS_PER_S) + Number(timeNs % NS_PER_S) / 1e9;
}

/** Pins the entry first, because chmod would follow a link that is swapped in. */
function changeMode(path: string | Buffer, mode: number): void {
  if (!IS_LINUX) {
    if (!fs.lstatSync(path).isSymbolicLink()) fs.chmodSync(path, mode);
    return;
  }
  const entry = fs.openSync(path, O_PATH | O_NOFOLLOW);
  try {
    if (!fs.fstatSync(entry).isSymbolicLink()) fs.chmodSync(`/proc/self/fd/${entry}`, mode);
  } finally {
    fs.closeSync(entry);
  }
}

/** Paths of open folders, for systems without /proc. */
class FolderPaths {
  readonly #paths = new Map<Descriptor, ByteString>();

  remember(folder: Descriptor, path: ByteString): Descriptor {
    if (!IS_LINUX) this.#paths.set(folder, path);
    return folder;
  }

  forget(folder: Descriptor): void {
    this.#paths.delete(folder);
  }

  pathOf(folder: Descriptor): ByteString {
    if (IS_LINUX) return `/proc/self/fd/${folder}` as ByteString;
    const path = this.#paths.get(folder);
    assert(path !== undefined, 'a folder that is not open');
    return path;
  }

  join(folder: Descriptor, name: ByteString): ByteString {
    checkName(name);
    return `${this.pathOf(folder)}/${name}` as ByteString;
  }
}

type FolderPart = Pick<
  Posix,
  | 'openFolder'
  | 'openFolderAt'
  | 'close'
  | 'makeFolderAt'
  | 'createFileAt'
  | 'symlinkAt'
  | 'linkAt'
  | 'statusAt'
  | 'readFolderOf'
  | 'renameAt'
  | 'unlinkAt'
  | 'removeFolderAt'
>;

function createFolderPart(paths: FolderPaths): FolderPart {
  const at = (folder: Descriptor, name: ByteString) => toNodePath(paths.join(folder, name));
  return {
    openFolder: (path) => paths.remember(files.openFolder(path), path),
    openFolderAt(folder, name) {
      const path = paths.join(folder, name);
      const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
      return paths.remember(fs.openSync(toNodePath(path), flags), path);
    },
    close(file) {
      paths.forget(file);
      files.close(file);
    },
    makeFolderAt: (folder, name, mode) => void fs.mkdirSync(at(folder, name), { mode }),
    createFileAt: (folder, name) =>
      fs.openSync(at(folder, name), O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR, 0o600),
    symlinkAt: (target, folder, name) => fs.symlinkSync(toNodePath(target), at(folder, name)),
    linkAt: (fromFolder, from, toFolder, to) => fs.linkSync(at(fromFolder, from), at(toFolder, to)),
    statusAt(folder, name) {
      const options = { bigint: true, throwIfNoEntry: false } as const;
      const stats = fs.lstatSync(at(folder, name), options);
      return stats === undefined ? undefined : toFileStatus(stats);
    },
    readFolderOf: (folder) => listFolder(toNodePath(paths.pathOf(folder))),
    renameAt: (fromFolder, from, toFolder, to) =>
      fs.renameSync(at(fromFolder, from), at(toFolder, to)),
    unlinkAt: (folder, name) => fs.unlinkSync(at(folder, name)),
    removeFolderAt: (folder, name) => fs.rmdirSync(at(folder, name)),
  };
}

type AttributePart = Omit<Posix, keyof FolderPart | keyof typeof files>;

function createAttributePart(paths: FolderPaths): AttributePart {
  const at = (folder: Descriptor, name: ByteString) => toNodePath(paths.join(folder, name));
  return {
    incapabilities: INCAPABILITIES,
    dataRegions: (_file, sizeBytes) => (sizeBytes === 0 ? [] : [{ offset: 0, length: sizeBytes }]),
    attributes: () => NO_ATTRIBUTES,
    attributesOf: () => NO_ATTRIBUTES,
    makeNodeAt(_folder, name) {
      checkName(name);
      throw unsupported('create devices, fifos or sockets');
    },
    setOwnerAt: (folder, name, uid, gid) => fs.lchownSync(at(folder, name), uid, gid),
    setModeAt: (folder, name, mode) => changeMode(at(folder, name), mode),
    setTimesAt(folder, name, mtimeNs) {
      const path = at(folder, name);
      const { atimeNs } = fs.lstatSync(path, { bigint: true });
      fs.lutimesSync(path, nodeTime(atimeNs), nodeTime(mtimeNs));
    },
    setTimes(file, mtimeNs) {
      const { atimeNs } = fs.fstatSync(file, { bigint: true });
      fs.futimesSync(file, nodeTime(atimeNs), nodeTime(mtimeNs));
    },
    setAttributeAt(_folder, name) {
      checkName(name);
      throw unsupported('set extended attributes');
    },
    setAttribute() {
      throw unsupported('set extended attributes');
    },
    removeAttribute() {
      throw unsupported('remove extended attributes');
    },
  };
}

export function createTwinPosix(): Posix {
  const paths = new FolderPaths();
  return { ...files, ...createFolderPart(paths), ...createAttributePart(paths) };
}
