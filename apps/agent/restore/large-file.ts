// A file too large for one batch: made at its full size here, filled part by part by any number of
// writers through one descriptor, given its attributes when the last part is in. Lists of content are
// expanded one at a time, so a file of any size takes little memory.
import { type ByteString, KuraError } from '@kura/base';
import type { ContentEntry, TreeEntry } from '@kura/format/types.ts';
import type { Descriptor, Posix } from '@kura/native';
import type { AttributeSetter } from './attribute-setter.ts';
import { DataCursor } from './data-cursor.ts';
import type { Dispatcher } from './dispatcher.ts';
import { dataBytesOf } from './entry-check.ts';
import { type BatchOutcome, ContentPacker, type FileBatch } from './file-batch.ts';
import type { ContentSource } from './ports.ts';

/** Files above this are cut; the parts are of about this size, too. */
export const PART_BYTES = 64 * 1024 * 1024;

export function isLarge(entry: TreeEntry): boolean {
  return entry.isList || dataBytesOf(entry) > PART_BYTES;
}

export interface LargeFileOptions {
  readonly posix: Posix;
  readonly content: ContentSource;
  readonly dispatcher: Dispatcher;
  readonly setter: AttributeSetter;
  /** Names from the staged tree's root. */
  readonly folder: readonly ByteString[];
  readonly entry: TreeEntry;
  readonly file: Descriptor;
  readonly isDurable: boolean;
  readonly whenPartDone: (outcome: BatchOutcome) => void;
}

export class LargeFile {
  readonly #options: LargeFileOptions;
  readonly #cursor: DataCursor;
  #waiting: ContentEntry[] = [];
  #waitingBytes = 0;
  #dataBytes = 0;
  #partsUnderWay = 0;
  #isSubmitted = false;
  #isClosed = false;

  constructor(options: LargeFileOptions) {
    this.#options = options;
    this.#cursor = new DataCursor(options.entry.holes);
  }

  /** Hands all parts to the writers; the last one to end finishes the file. */
  async submit(): Promise<void> {
    const { posix, content, dispatcher, entry, file } = this.#options;
    posix.truncate(file, entry.sizeBytes);
    for (const piece of entry.content) {
      if (!entry.isList) await this.#add(piece);
      else {
        // Expanding may overwrite what a writer in this thread has just read.
        await dispatcher.drain();
        for (const chunk of await content.expandList([piece])) await this.#add(chunk);
      }
    }
    await this.#submitPart();
    if (this.#dataBytes !== dataBytesOf(entry)) this.#refuseLength();
    this.#isSubmitted = true;
    if (this.#partsUnderWay === 0) this.#finish();
  }

  /** After a failure: gives the descriptor back. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.posix.close(this.#options.file);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async #add(chunk: ContentEntry): Promise<void> {
    this.#dataBytes += chunk.length;
    if (this.#dataBytes > dataBytesOf(this.#options.entry)) this.#refuseLength();
    this.#waiting.push({ id: chunk.id, length: chunk.length });
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes >= PART_BYTES) await this.#submitPart();
  }

  async #submitPart(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const { dispatcher, folder, entry, file, whenPartDone } = this.#options;
    const packer = new ContentPacker();
    const position = this.#cursor.position;
    const job = {
      kind: 'part',
      folder: 0,
      name: entry.name,
      file,
      position,
      holes: this.#cursor.pass(this.#waitingBytes),
      firstContent: packer.add(this.#waiting),
      contentCount: this.#waiting.length,
    } as const;
    this.#waiting = [];
    this.#waitingBytes = 0;
    const batch: FileBatch = { folders: [folder], jobs: [job], ...packer.pack() };
    this.#partsUnderWay++;
    await dispatcher.submit(batch, (outcome) => {
      whenPartDone(outcome);
      this.#partsUnderWay--;
      if (this.#isSubmitted && this.#partsUnderWay === 0) this.#finish();
    });
  }

  #finish(): void {
    const { posix, setter, folder, entry, file, isDurable } = this.#options;
    setter.at(folder, entry.name);
    setter.newFile(file, entry);
    if (isDurable) posix.sync(file);
    this.close();
  }

  #refuseLength(): never {
    throw new KuraError('corrupt', 'a file has more or less content than its size says', {
      guidance: 'Run a check of the network; the snapshot is damaged.',
    });
  }
}
