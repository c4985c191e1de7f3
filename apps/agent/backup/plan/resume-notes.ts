// Notes of files that a backup has read, so that a backup which is killed goes on where it was: nothing that
// has not changed since is read again. Only hints: an entry counts if the file is untouched and all its
// chunks stand in recorded packs.
import {
  ByteReader,
  type ByteString,
  ByteWriter,
  type Disk,
  errnoOf,
  KuraError,
  MAX_PATH_BYTES,
  type NetworkShape,
  type Random,
  toHex,
} from '@kura/base';
import {
  type ContentEntry,
  decodeContentList,
  encodeContentList,
  joinPages,
  PageCursor,
} from '@kura/format';
import type { FileStatus } from '@kura/native';
import { readSealedLog, SealedLogWriter } from '../../index/sealed-log.ts';

const PURPOSE = 'resume';
const SUFFIX = '.resume';
const KIND_FILE = 0;
const KIND_SHARE = 1;
/** Notes are sealed together: one seal per file would cost more than the note saves. */
const RECORD_BYTES = 256 * 1024;
const MAX_RECORD_BYTES = 8 * 1024 * 1024;

export interface ResumeNotesOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly localKey: Uint8Array;
  readonly random: Random;
  readonly shape: NetworkShape;
}

interface ShareNote {
  readonly path: ByteString;
  readonly share: number;
  readonly status: FileStatus;
  readonly content: readonly ContentEntry[];
}

export class ResumeNotes {
  readonly #options: ResumeNotesOptions;
  readonly #log: SealedLogWriter;
  readonly #older: string[] = [];
  readonly #files = new Map<ByteString, Uint8Array>();
  readonly #shares = new Map<string, Uint8Array>();
  readonly #writer = new ByteWriter(MAX_RECORD_BYTES, RECORD_BYTES);

  constructor(options: ResumeNotesOptions) {
    this.#options = options;
    const { disk, folder, localKey, random } = options;
    disk.makeFolder(folder);
    for (const entry of disk.list(folder)) {
      if (entry.name.endsWith(SUFFIX)) this.#older.push(`${folder}/${entry.name}`);
    }
    for (const path of this.#older) this.#load(path);
    const path = `${folder}/${toHex(random.bytes(16))}${SUFFIX}`;
    this.#log = new SealedLogWriter({ disk, path, localKey, purpose: PURPOSE, random });
  }

  /** What was saved of this file, as the only entry of a page; undefined if nothing is known. */
  file(path: ByteString, name: ByteString): PageCursor | undefined {
    const bytes = this.#files.get(path);
    if (bytes === undefined) return undefined;
    return unlessDamaged(() => {
      const [page] = joinPages([{ name, bytes }], this.#options.shape);
      if (page === undefined) return undefined;
      const cursor = new PageCursor(page);
      return cursor.next() && cursor.compareName(name) === 0 ? cursor : undefined;
    });
  }

  share(path: ByteString, status: FileStatus, share: number): readonly ContentEntry[] | undefined {
    const bytes = this.#shares.get(shareKey(path, share, status));
    return bytes === undefined ? undefined : unlessDamaged(() => decodeContentList(bytes));
  }

  noteFile(path: ByteString, entryBytes: Uint8Array): void {
    this.#writer.u8(KIND_FILE);
    this.#writer.latin1(path);
    this.#writer.block(entryBytes);
    this.#flushIfFull();
  }

  noteShare(note: ShareNote): void {
    this.#writer.u8(KIND_SHARE);
    this.#writer.latin1(shareKey(note.path, note.share, note.status));
    this.#writer.block(encodeContentList(note.content));
    this.#flushIfFull();
  }

  /** Writes what is gathered; to be called now and then, since only what is written survives. */
  flush(): void {
    if (this.#writer.length === 0) return;
    this.#log.append(this.#writer.bytes());
    this.#writer.reset();
  }

  /** The snapshot exists: nothing is left to resume. What resists is read in vain next time. */
  discard(): void {
    const { disk } = this.#options;
    tryTo(() => this.#log.discard());
    for (const path of this.#older) {
      tryTo(() => {
        if (disk.stat(path) !== undefined) disk.unlink(path);
      });
    }
  }

  close(): void {
    this.flush();
    this.#log.close();
  }

  #flushIfFull(): void {
    if (this.#writer.length >= RECORD_BYTES) this.flush();
  }

  #load(path: string): void {
    const { disk, localKey } = this.#options;
    for (const bytes of readSealedLog({ disk, path, localKey, purpose: PURPOSE })) {
      unlessDamaged(() => this.#loadRecord(bytes));
    }
  }

  #loadRecord(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes, 'note of an interrupted backup');
    while (reader.remaining > 0) {
      const kind = reader.u8();
      const key = reader.latin1(MAX_PATH_BYTES);
      const value = reader.block(MAX_RECORD_BYTES);
      if (kind === KIND_FILE) this.#files.set(key as ByteString, value);
      else this.#shares.set(key, value);
    }
  }
}

/** A note that makes no sense is no note: the file is read again. */
function unlessDamaged<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof KuraError && ['corrupt', 'hostile'].includes(error.code)) return undefined;
    throw error;
  }
}

function shareKey(path: ByteString, share: number, status: FileStatus): string {
  const { sizeBytes, mtimeNs, ctimeNs, inode } = status;
  return `${share}:${sizeBytes}:${mtimeNs}:${ctimeNs}:${inode}:${path}`;
}

/** A snapshot that is acknowledged stays so, whatever becomes of the notes. */
function tryTo(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
