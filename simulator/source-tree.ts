// A small tree of files in memory, which changes between backups. Contents are never changed in place, so
// that a frozen state costs a copy of a map.
import { type ByteString, byteString } from '@kura/base';
import type { FileType } from '@kura/native';
import type { SeededRandom } from '@kura/testing';

export interface SourceNode {
  readonly type: Extract<FileType, 'file' | 'folder' | 'symlink'>;
  readonly mode: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly inode: bigint;
  readonly content: Uint8Array;
  readonly target: ByteString;
}

export type FrozenTree = ReadonlyMap<string, SourceNode>;

/** What a backup may have seen of each entry: one state, or two if somebody was at work meanwhile. */
export type SavedTree = readonly FrozenTree[];

export const SOURCE_PATH = '/data';
const MAX_NODES = 24;
const MAX_FILE_BYTES = 96 * 1024;
const NO_CONTENT = new Uint8Array(0);
const WORDS = ['seal', 'copy', 'store', 'leaf', 'pack', 'root', 'chunk', 'frame', 'city', 'proof'];

export class SourceTree {
  readonly #random: SeededRandom;
  readonly #nodes = new Map<string, SourceNode>();
  #inode = 100n;
  #timeNs = 1_700_000_000_000_000_000n;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#put('/', 'folder', {});
    this.#put(SOURCE_PATH, 'folder', {});
    for (let count = 2 + random.below(6); count > 0; count--) this.#add();
  }

  node(path: string): SourceNode | undefined {
    return this.#nodes.get(path);
  }

  names(folder: string): string[] {
    const prefix = folder === '/' ? '/' : `${folder}/`;
    const names: string[] = [];
    for (const path of this.#nodes.keys()) {
      if (path === '/' || !path.startsWith(prefix)) continue;
      const name = path.slice(prefix.length);
      if (!name.includes('/')) names.push(name);
    }
    return names.sort();
  }

  freeze(): FrozenTree {
    return new Map([...this.#nodes].filter(([path]) => path.startsWith(SOURCE_PATH)));
  }

  /** One to four changes. */
  change(): void {
    for (let count = 1 + this.#random.below(4); count > 0; count--) this.#changeOnce();
  }

  #changeOnce(): void {
    const files = this.#paths('file');
    const draw = this.#random.below(10);
    if (files.length === 0 || (draw < 4 && this.#nodes.size < MAX_NODES)) {
      this.#add();
      return;
    }
    const path = this.#random.pick(files);
    const node = this.#nodes.get(path);
    if (draw < 6 || node === undefined) {
      this.#remove(path);
      return;
    }
    const content = draw < 9 ? this.#edited(node.content) : this.#content();
    this.#put(path, 'file', { content, inode: node.inode });
  }

  #add(): void {
    const { below, pick } = this.#bound();
    const parent = pick(this.#paths('folder').filter((path) => path !== '/'));
    const path = `${parent}/${byteString(`${pick(WORDS)}-${below(1000)}`)}`;
    if (this.#nodes.has(path)) return;
    const draw = below(8);
    if (draw === 0) this.#put(path, 'folder', {});
    else if (draw === 1) this.#put(path, 'symlink', { target: byteString(`../${pick(WORDS)}`) });
    else this.#put(path, 'file', { content: this.#content() });
    this.#touch(parent);
  }

  #remove(path: string): void {
    this.#nodes.delete(path);
    this.#touch(path.slice(0, path.lastIndexOf('/')));
  }

  #touch(folder: string): void {
    const node = this.#nodes.get(folder);
    if (node !== undefined) this.#nodes.set(folder, { ...node, ...this.#times() });
  }

  #put(path: string, type: SourceNode['type'], given: Partial<SourceNode>): void {
    const mode = type === 'folder' ? 0o755 : 0o600 + this.#random.below(0o200);
    const inode = given.inode ?? this.#inode++;
    const rest = { content: given.content ?? NO_CONTENT, target: given.target ?? byteString('') };
    this.#nodes.set(path, { type, mode, inode, ...rest, ...this.#times() });
  }

  #times(): { mtimeNs: bigint; ctimeNs: bigint } {
    this.#timeNs += 1_000_000_007n;
    return { mtimeNs: this.#timeNs, ctimeNs: this.#timeNs };
  }

  #paths(type: SourceNode['type']): string[] {
    return [...this.#nodes].filter(([, node]) => node.type === type).map(([path]) => path);
  }

  /** Small, middling, seldom large enough for shares; noise, text or zeros. */
  #content(): Uint8Array {
    const random = this.#random;
    const kind = random.below(16);
    const most = kind === 0 ? MAX_FILE_BYTES : kind < 4 ? 20_000 : 3000;
    const size = random.below(most + 1);
    if (random.below(3) === 0) {
      const text = Buffer.alloc(size, `${random.pick(WORDS)} ${random.below(100)}\n`);
      return new Uint8Array(text.buffer, text.byteOffset, text.length);
    }
    return random.bytes(size);
  }

  /** Some bytes put in, taken out or overwritten somewhere: most chunks stay. */
  #edited(content: Uint8Array): Uint8Array {
    const random = this.#random;
    const at = random.below(content.length + 1);
    const taken = random.below(Math.min(100, content.length - at) + 1);
    const put = random.bytes(random.below(100));
    const edited = new Uint8Array(content.length - taken + put.length);
    edited.set(content.subarray(0, at));
    edited.set(put, at);
    edited.set(content.subarray(at + taken), at + put.length);
    return edited;
  }

  #bound(): { below: (limit: number) => number; pick: <T>(from: readonly T[]) => T } {
    return {
      below: (limit) => this.#random.below(limit),
      pick: (from) => this.#random.pick(from),
    };
  }
}
