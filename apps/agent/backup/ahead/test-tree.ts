// For tests: a tree in memory, as far as a walk looks at it. It tells what it was asked, in order.
import type { ByteString } from '@kura/base';
import type { FileStatus, Posix } from '@kura/native';
import { childPath } from '../../read/walk-tree.ts';
import { fileStatus } from '../plan/test-status.ts';

export interface TestNode {
  readonly status?: Partial<FileStatus>;
  /** Undefined: no folder. */
  readonly names?: Readonly<Record<string, TestNode>>;
  readonly content?: string;
  /** The system answers with EACCES: for its status, or for what is in it. */
  readonly refuses?: 'status' | 'content' | undefined;
}

const ROOT_PATH = '/' as ByteString;

function refuse(): never {
  throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
}

export class TestTree {
  /** "names /a", "status /a/b". */
  readonly asked: string[] = [];
  readonly #nodes = new Map<string, TestNode>();
  readonly #open = new Map<number, TestNode>();

  constructor(root: TestNode) {
    this.#keep(ROOT_PATH, root);
  }

  /** Only what a walk asks of it. */
  posix(): Posix {
    const half: Partial<Posix> = {
      incapabilities: new Set(),
      status: (path) => {
        this.asked.push(`status ${path}`);
        return this.statusOf(path);
      },
      readNames: (path) => {
        this.asked.push(`names ${path}`);
        const node = this.#nodes.get(path);
        if (node?.names === undefined || node.refuses === 'content') return refuse();
        return Object.keys(node.names).sort() as ByteString[];
      },
      openRead: (path) => {
        const node = this.#nodes.get(path);
        if (node?.content === undefined || node.refuses === 'content') return refuse();
        this.#open.set(this.#open.size, node);
        return this.#open.size - 1;
      },
      read: (file, into) => {
        const content = Buffer.from(this.#open.get(file)?.content ?? '');
        into.set(content.subarray(0, into.length));
        return Math.min(content.length, into.length);
      },
      close: () => undefined,
      readLink: () => 'target' as ByteString,
      attributes: () => [],
    };
    return half as Posix;
  }

  statusOf(path: ByteString): FileStatus | undefined {
    const node = this.#nodes.get(path);
    if (node?.refuses === 'status') return refuse();
    if (node === undefined) return undefined;
    const type = node.names === undefined ? 'file' : 'folder';
    return fileStatus({ type, ...node.status });
  }

  #keep(path: ByteString, node: TestNode): void {
    this.#nodes.set(path, node);
    for (const [name, child] of Object.entries(node.names ?? {})) {
      this.#keep(childPath(path, name as ByteString), child);
    }
  }
}
