// For tests: everything that can be seen of a tree on disk, as lines of text that can be compared. It
// reads by path, so it is good only for trees that nobody else changes.
import { createHash } from 'node:crypto';
import { type ByteString, displayName, errnoOf, toHex } from '@kura/base';
import type { TreeEntry } from '@kura/format/types.ts';
import { type FileStatus, loadNative, type Region } from '@kura/native';
import type { TestTree } from './test-tree.ts';

const { posix } = loadNative();

export interface CaptureOptions {
  /** Inodes tell a file that was put back from one that was made again. */
  readonly withInodes?: boolean;
  readonly withHoles?: boolean;
}

/** Path → description, for the path itself ('') and everything below it. */
export function capture(root: ByteString, options: CaptureOptions = {}): Map<string, string> {
  const found = new Map<string, string>();
  const firstNames = new Map<bigint, string>();
  const visit = (path: ByteString, shown: string): void => {
    const status = posix.status(path);
    if (status === undefined) return;
    const isLinked = status.links > 1 && status.type !== 'folder';
    const firstName = firstNames.get(status.inode);
    if (isLinked && firstName === undefined) firstNames.set(status.inode, shown);
    const link = isLinked ? ` linked to ${firstName ?? 'itself'}` : '';
    found.set(shown, `${describe(path, status, options)}${link}`);
    if (status.type !== 'folder') return;
    for (const { name } of orClosed(() => posix.readFolder(path)) ?? []) {
      const below = shown === '' ? displayName(name) : `${shown}/${displayName(name)}`;
      visit(`${path}/${name}` as ByteString, below);
    }
  };
  visit(root, '');
  return found;
}

/** What a mode keeps from a user who is not root is not compared. */
export function orClosed<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') throw error;
    return undefined;
  }
}

function describe(path: ByteString, status: FileStatus, options: CaptureOptions): string {
  const { type, mode, uid, gid, mtimeNs, inode, deviceNumber } = status;
  const facts = [`${type} ${mode.toString(8)} ${uid}:${gid} ${mtimeNs}`];
  if (options.withInodes === true) facts.push(`inode ${inode}`);
  if (type === 'file') facts.push(orClosed(() => describeContent(path, status, options)) ?? '?');
  if (type === 'symlink') facts.push(`-> ${displayName(posix.readLink(path))}`);
  if (type === 'character' || type === 'block') facts.push(`device ${deviceNumber}`);
  for (const { name, value } of orClosed(() => posix.attributes(path)) ?? [])
    facts.push(`${name}=${toHex(value)}`);
  return facts.join(' ');
}

/** Larger files are mostly holes, or nobody would make them in a test. */
const MAX_READ = 64 << 20;

function describeContent(path: ByteString, status: FileStatus, options: CaptureOptions): string {
  const { sizeBytes } = status;
  const file = posix.openRead(path);
  try {
    const regions = posix.dataRegions(file, sizeBytes);
    const bytes = new Uint8Array(Math.min(sizeBytes, MAX_READ));
    posix.read(file, bytes, 0);
    const holes = options.withHoles === true ? ` data ${shownRegions(regions)}` : '';
    return `${describeBytes(sizeBytes, bytes)}${holes}`;
  } finally {
    posix.close(file);
  }
}

function describeBytes(sizeBytes: number, bytes: Uint8Array): string {
  return `${sizeBytes} bytes ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
}

function shownRegions(regions: readonly Region[]): string {
  return regions.map(({ offset, length }) => `${offset}+${length}`).join();
}

/** The same lines for a tree in memory, as a restore that may do everything leaves it. */
export async function captureTree(tree: TestTree, root: TreeEntry): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const firstNames = new Map<string, string>();
  const visit = async (entry: TreeEntry, shown: string): Promise<void> => {
    const isLinked = entry.links > 1 && entry.type !== 'folder';
    const key = `${entry.device}:${entry.inode}`;
    const firstName = firstNames.get(key);
    if (isLinked && firstName === undefined) firstNames.set(key, shown);
    const link = isLinked ? ` linked to ${firstName ?? 'itself'}` : '';
    found.set(shown, `${await describeEntry(tree, entry)}${link}`);
    if (entry.type !== 'folder') return;
    for (const child of await tree.entries(entry)) {
      const name = displayName(child.name);
      await visit(child, shown === '' ? name : `${shown}/${name}`);
    }
  };
  await visit(root, '');
  return found;
}

async function describeEntry(tree: TestTree, entry: TreeEntry): Promise<string> {
  const { type, mode, uid, gid, mtimeNs } = entry;
  const facts = [`${type} ${mode.toString(8)} ${uid}:${gid} ${mtimeNs}`];
  if (type === 'file') facts.push(describeBytes(entry.sizeBytes, await bytesOf(tree, entry)));
  if (type === 'symlink') facts.push(`-> ${displayName(entry.target)}`);
  if (type === 'character' || type === 'block') facts.push(`device ${entry.deviceNumber}`);
  for (const { name, value } of entry.attributes) facts.push(`${name}=${toHex(value)}`);
  return facts.join(' ');
}

/** With zeros in the holes. */
async function bytesOf(tree: TestTree, entry: TreeEntry): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.min(entry.sizeBytes, MAX_READ));
  const pieces = entry.isList ? await tree.expandList(entry.content) : entry.content;
  let at = 0;
  let hole = 0;
  for (const piece of pieces) {
    for (const byte of (await tree.read(piece)).slice()) {
      for (let next = entry.holes[hole]; next?.offset === at; next = entry.holes[++hole]) {
        at += next.length;
      }
      bytes[at++] = byte;
    }
  }
  return bytes;
}
