// Writes the files of a batch into the staged tree: make, fill, give attributes, close; six calls for a
// small file. It never opens anything outside that tree and never a file that is there already. One per
// thread; the content it is given is verified.
import { type ByteString, type ChunkId, KuraError } from '@kura/base';
import type { ContentEntry } from '@kura/format/types.ts';
import type { Descriptor, Posix } from '@kura/native';
import { AttributeSetter } from './attribute-setter.ts';
import { DataCursor } from './data-cursor.ts';
import {
  type BatchOutcome,
  type FileBatch,
  type FileJob,
  type FilePartJob,
  ID_BYTES,
  type WholeFileJob,
  type WriterPlace,
} from './file-batch.ts';
import { FolderCursor } from './folder-cursor.ts';
import type { ContentSource } from './ports.ts';
import { isNameProblem, ProblemList, reasonOf } from './problems.ts';
import { RunWriter } from './run-writer.ts';

export interface FileWriterOptions {
  readonly posix: Posix;
  readonly content: ContentSource;
  readonly place: WriterPlace;
}

/** Opens the staged tree, and makes sure that nobody put another folder in its place. */
export function openPlace(posix: Posix, place: WriterPlace): Descriptor {
  const root = posix.openFolder(place.path);
  try {
    const status = posix.statusOf(root);
    if (status.device === place.device && status.inode === place.inode) return root;
  } catch (error) {
    posix.close(root);
    throw error;
  }
  posix.close(root);
  throw new KuraError('refused', 'the staging folder was replaced while files were restored', {
    guidance: 'See who else writes to the folder around the target, then run the restore again.',
  });
}

export class FileWriter {
  readonly #posix: Posix;
  readonly #content: ContentSource;
  readonly #place: WriterPlace;
  readonly #root: Descriptor;
  readonly #folders: FolderCursor;
  readonly #runs: RunWriter;
  #problems = new ProblemList();
  #setter: AttributeSetter;
  #bytes = 0;

  constructor({ posix, content, place }: FileWriterOptions) {
    this.#posix = posix;
    this.#content = content;
    this.#place = place;
    this.#root = openPlace(posix, place);
    this.#folders = new FolderCursor(posix, this.#root);
    this.#runs = new RunWriter({ posix, sparse: place.sparse, verify: place.verify });
    this.#setter = this.#newSetter();
  }

  /** One at a time: contents are views that the next read overwrites. */
  async write(batch: FileBatch): Promise<BatchOutcome> {
    this.#problems = new ProblemList();
    this.#setter = this.#newSetter();
    this.#bytes = 0;
    const refused: number[] = [];
    this.#content.expect?.(entriesOf(batch));
    for (const [index, job] of batch.jobs.entries()) {
      const folder = batch.folders[job.folder] ?? [];
      if (job.kind === 'part') await this.#writePart(batch, job);
      else if (!(await this.#writeWhole(batch, job, folder))) refused.push(index);
    }
    const { problems, count: problemCount } = this.#problems;
    return { bytes: this.#bytes, refused, problems, problemCount };
  }

  close(): void {
    this.#folders.close();
    this.#posix.close(this.#root);
  }

  #newSetter(): AttributeSetter {
    const { owners, prefixDepth } = this.#place;
    return new AttributeSetter({
      posix: this.#posix,
      owners,
      problems: this.#problems,
      prefixDepth,
    });
  }

  /** False if this file system cannot have such a name. */
  async #writeWhole(
    batch: FileBatch,
    job: WholeFileJob,
    folder: readonly ByteString[],
  ): Promise<boolean> {
    const file = this.#create(job, folder);
    if (file === undefined) return false;
    try {
      const cursor = new DataCursor(job.holes);
      const end = await this.#fill(batch, job, { file, cursor });
      if (end < job.sizeBytes) this.#posix.truncate(file, job.sizeBytes);
      this.#setter.at(folder, job.name);
      this.#setter.newFile(file, job);
      if (job.isDurable) this.#posix.sync(file);
    } finally {
      this.#posix.close(file);
    }
    return true;
  }

  #create(job: WholeFileJob, folder: readonly ByteString[]): Descriptor | undefined {
    const parent = this.#folders.open(folder);
    try {
      return this.#posix.createFileAt(parent, job.name);
    } catch (error) {
      if (!isNameProblem(error)) throw error;
      const path = [...folder.slice(this.#place.prefixDepth), job.name].join('/') as ByteString;
      this.#problems.report(path, 'not_restored', `not restored: ${reasonOf(error)}`);
      return undefined;
    }
  }

  async #writePart(batch: FileBatch, job: FilePartJob): Promise<void> {
    const cursor = new DataCursor(job.holes, job.position);
    await this.#fill(batch, job, { file: job.file, cursor });
  }

  /** Returns the end of the last byte written. */
  async #fill(
    batch: FileBatch,
    job: FileJob,
    into: { readonly file: Descriptor; readonly cursor: DataCursor },
  ): Promise<number> {
    let end = 0;
    for (let index = job.firstContent; index < job.firstContent + job.contentCount; index++) {
      const entry = entryAt(batch, index);
      const bytes = await this.#content.read(entry);
      if (bytes.length !== entry.length) {
        throw new KuraError('corrupt', 'a chunk has another length than its file says', {
          guidance: 'Run a check of the network; the snapshot or its index is damaged.',
        });
      }
      end = Math.max(end, this.#runs.write(into.file, bytes, into.cursor));
      this.#bytes += bytes.length;
    }
    return end;
  }
}

function* entriesOf(batch: FileBatch): Generator<ContentEntry> {
  for (let index = 0; index < batch.lengths.length; index++) yield entryAt(batch, index);
}

function entryAt(batch: FileBatch, index: number): ContentEntry {
  const id = batch.ids.subarray(index * ID_BYTES, (index + 1) * ID_BYTES) as ChunkId;
  return { id, length: batch.lengths[index] ?? 0 };
}
