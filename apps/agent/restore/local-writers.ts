// The standard writers: one FileWriter in this thread, one batch after the other.
import type { BatchOutcome, FileBatch } from './file-batch.ts';
import { FileWriter, type FileWriterOptions } from './file-writer.ts';
import type { FileWriters } from './ports.ts';

export class LocalWriters implements FileWriters {
  /** The writer and its content source serve one batch at a time. */
  readonly concurrency = 1;
  readonly #writer: FileWriter;

  constructor(options: FileWriterOptions) {
    this.#writer = new FileWriter(options);
  }

  write(batch: FileBatch): Promise<BatchOutcome> {
    return this.#writer.write(batch);
  }

  async close(): Promise<void> {
    this.#writer.close();
  }
}
