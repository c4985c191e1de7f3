// Folder pages and content lists on their way to packs: names them, leaves out what is stored already, and
// gathers the rest in frames, in the order in which folders are closed, so that a listing reads few frames.
import type { NetworkShape } from '@kura/base';
import {
  type ChunkKind,
  type ContentEntry,
  chunkIdOf,
  encodeContentList,
  MAX_INLINE_CONTENT,
  splitContent,
} from '@kura/format';
import type { ChunkIdKeys } from '@kura/member-seal';
import type { Bulk } from '@kura/native';
import { type ChunkTable, IN_SESSION } from '../../index/chunk-table.ts';
import type { FolderContent } from '../entries.ts';
import type { ReadyFrame } from '../line/tasks.ts';

type FolderKind = Exclude<ChunkKind, 'data'>;

export interface FolderPackerOptions {
  readonly shape: NetworkShape;
  readonly bulk: Bulk;
  readonly chunkIdKeys: ChunkIdKeys;
  readonly table: ChunkTable;
  /** Sends a frame to the line that packs folders; frames arrive in order. */
  readonly send: (frame: ReadyFrame) => Promise<void>;
  readonly onUsed: (packNumber: number) => void;
  /** False: the pack is marked by prune; the chunk is stored again. */
  readonly mayUse: (packNumber: number) => boolean;
}

export class FolderPacker {
  readonly #options: FolderPackerOptions;
  #chunks: ContentEntry[] = [];
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #kind: FolderKind = 'folder';
  #sent: Promise<void> = Promise.resolve();
  #failure: unknown;
  bytesAdded = 0;

  constructor(options: FolderPackerOptions) {
    this.#options = options;
  }

  /** `plain` must not change afterwards. */
  add(kind: FolderKind, plain: Uint8Array): ContentEntry {
    const { bulk, chunkIdKeys, table, onUsed, mayUse } = this.#options;
    const entry = { id: chunkIdOf(bulk, chunkIdKeys, kind, plain), length: plain.length };
    const found = table.claim(entry.id);
    if (found === IN_SESSION) return entry;
    if (found !== undefined && mayUse(found)) {
      onUsed(found);
      return entry;
    }
    this.#gather(kind, plain, entry);
    return entry;
  }

  /** Long contents become lists of chunks of their own. */
  content(content: readonly ContentEntry[]): FolderContent {
    if (content.length <= MAX_INLINE_CONTENT) return { content, isList: false };
    const lists = splitContent(content, this.#options.shape);
    return {
      content: lists.map((list) => this.add('list', encodeContentList(list))),
      isList: true,
    };
  }

  /** Sends what is gathered and waits until all of it is in packs. */
  async flush(): Promise<void> {
    this.#close();
    await this.#sent;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #gather(kind: FolderKind, plain: Uint8Array, entry: ContentEntry): void {
    const isFull = this.#bytes + plain.length > this.#options.shape.frameBytes;
    if (kind !== this.#kind || isFull) this.#close();
    this.#kind = kind;
    this.#chunks.push(entry);
    this.#parts.push(plain);
    this.#bytes += plain.length;
    this.bytesAdded += plain.length;
  }

  #close(): void {
    if (this.#chunks.length === 0) return;
    const plain = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      plain.set(part, at);
      at += part.length;
    }
    const frame: ReadyFrame = { kind: this.#kind, plain, chunks: this.#chunks };
    this.#chunks = [];
    this.#parts = [];
    this.#bytes = 0;
    this.#sent = this.#sent
      .then(() => this.#options.send(frame))
      .catch((error: unknown) => {
        this.#failure ??= error;
      });
  }
}
