// Reads small files, several at a time: one after the other into the chunker's window, where they are named together,
// because several messages are hashed faster than one. A file that is large, has holes, or changes meanwhile is left
// to `readFile`, which uses the same window: what waits here must be packed before.
import type { ByteString } from '@kura/base';
import type { FileStatus } from '@kura/native';
import {
  attributesOf,
  type FileReaderOptions,
  hasHoles,
  isSameContent,
  type ReadFile,
} from './file-reader.ts';

/** Enough to find likes for every lane of a hash, few enough for the window and a core's cache. */
const MAX_FILES = 32;
/** Reads into memory that is aligned as the file is are five times faster. */
const ALIGNMENT = 64;

interface WaitingFile {
  readonly index: number;
  readonly status: FileStatus;
  readonly plain: Uint8Array;
  readonly attributes: ReturnType<typeof attributesOf>;
}

export class SmallFiles {
  readonly #options: FileReaderOptions;
  #waiting: WaitingFile[] = [];
  #filledBytes = 0;

  constructor(options: FileReaderOptions) {
    this.#options = options;
  }

  /** No more can be read before what waits is packed. */
  get isFull(): boolean {
    return (
      this.#waiting.length >= MAX_FILES || this.#filledBytes > this.#options.shape.averageChunkBytes
    );
  }

  /** False: it is none of those that are read here. `index` comes back with what was read. */
  read(index: number, path: ByteString): boolean {
    const { posix, chunker, shape } = this.#options;
    const file = posix.openRead(path);
    try {
      const before = posix.statusOf(file);
      const { type, sizeBytes } = before;
      if (type !== 'file' || sizeBytes > shape.minChunkBytes || hasHoles(before)) return false;
      const start = this.#filledBytes;
      const plain = chunker.window.subarray(start, start + sizeBytes);
      if (sizeBytes > 0 && posix.read(file, plain, 0) < sizeBytes) return false;
      const status = posix.statusOf(file);
      if (!isSameContent(before, status)) return false;
      this.#waiting.push({ index, status, plain, attributes: attributesOf(posix, file) });
      this.#filledBytes = Math.ceil((start + sizeBytes) / ALIGNMENT) * ALIGNMENT;
      return true;
    } finally {
      posix.close(file);
    }
  }

  /** Everything that was read since the last call, in the order of reading. */
  async pack(): Promise<(readonly [index: number, read: ReadFile])[]> {
    const files = this.#waiting;
    this.#waiting = [];
    this.#filledBytes = 0;
    const plains = files.map(({ plain }) => plain).filter(({ length }) => length > 0);
    const content = (await this.#options.packer.add(plains)).values();
    return files.map(({ index, status, plain, attributes }) => {
      const read: ReadFile = {
        status,
        content: plain.length === 0 ? [] : content.take(1).toArray(),
        holes: [],
        attributes: attributes.attributes,
        areAttributesIncomplete: attributes.areAttributesIncomplete,
        bytesRead: plain.length,
        isUnstable: false,
      };
      return [index, read];
    });
  }
}
