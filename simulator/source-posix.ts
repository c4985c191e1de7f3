// The reading half of Posix over a tree in memory. What writes is not there: a simulation compares what it
// reads from the stores with what it knows.
import { assert, type ByteString } from '@kura/base';
import type { FileStatus, Posix } from '@kura/native';
import { systemError } from '@kura/testing';
import type { SourceNode, SourceTree } from './source-tree.ts';

const BLOCK_BYTES = 512;

type ReadingHalf = Pick<
  Posix,
  | 'incapabilities'
  | 'status'
  | 'statusOf'
  | 'readNames'
  | 'readLink'
  | 'openRead'
  | 'read'
  | 'close'
  | 'dataRegions'
  | 'attributes'
  | 'attributesOf'
>;

export function sourcePosix(tree: SourceTree): Posix {
  const open = new Map<number, SourceNode>();
  let nextDescriptor = 3;
  const nodeAt = (path: ByteString, call: string): SourceNode => {
    const node = tree.node(path);
    if (node === undefined) throw systemError('ENOENT', call, path);
    return node;
  };
  const opened = (file: number): SourceNode => {
    const node = open.get(file);
    assert(node !== undefined, `descriptor ${file} is not open`);
    return node;
  };
  const half: ReadingHalf = {
    incapabilities: new Set(),
    status: (path) => {
      const node = tree.node(path);
      return node === undefined ? undefined : statusOf(node);
    },
    statusOf: (file) => statusOf(opened(file)),
    readNames: (path) => {
      nodeAt(path, 'scandir');
      return tree.names(path).map((name) => name as ByteString);
    },
    readLink: (path) => nodeAt(path, 'readlink').target,
    openRead: (path) => {
      const file = nextDescriptor++;
      open.set(file, nodeAt(path, 'open'));
      return file;
    },
    read: (file, into, position) => {
      const part = opened(file).content.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
    close: (file) => assert(open.delete(file), `descriptor ${file} is closed twice`),
    dataRegions: (file) => [{ offset: 0, length: opened(file).content.length }],
    attributes: () => [],
    attributesOf: () => [],
  };
  // Whoever calls what is missing gets a TypeError, which no step of a schedule forgives.
  return half as Posix;
}

function statusOf(node: SourceNode): FileStatus {
  const sizeBytes = node.content.length;
  return {
    type: node.type,
    mode: node.mode,
    uid: 1000,
    gid: 1000,
    sizeBytes,
    blocks: Math.ceil(sizeBytes / BLOCK_BYTES),
    mtimeNs: node.mtimeNs,
    ctimeNs: node.ctimeNs,
    inode: node.inode,
    device: 1n,
    links: 1,
    deviceNumber: 0n,
  };
}
