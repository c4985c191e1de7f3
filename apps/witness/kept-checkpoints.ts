// What a witness has cosigned last, one file per log: replaced whole, and durable before anybody hears of it. A file
// that cannot be read is never taken for a log that is new: that would cosign a second history.
import { createHash } from 'node:crypto';
import { type FileAccess, KuraError, readSmallFile, replaceFile, utf8 } from '@kura/base';
import { MAX_ADD_CHECKPOINT_BYTES } from '@kura/contract/wire/add-checkpoint.ts';
import { type Checkpoint, type LogKey, openCheckpoint } from '@kura/log';
import { emptyLog } from './judge.ts';

/** A signed note of a checkpoint, which came in a request. */
const MAX_KEPT_BYTES = MAX_ADD_CHECKPOINT_BYTES;
/** Of one witness: a log that lies once is known for what it is. */
const MAX_EVIDENCE = 64;

const FILE_NAME = /^[0-9a-f]{64}$/;
const fileNameOf = (origin: string): string => createHash('sha256').update(origin).digest('hex');

export interface Kept {
  readonly checkpoint: Checkpoint;
  /** Signed by the log. */
  readonly note: string;
}

export interface Contradiction {
  readonly log: LogKey;
  readonly lastSize: number;
  /** The signed note that contradicts what is kept. */
  readonly note: string;
}

export class KeptCheckpoints {
  readonly #files: FileAccess;
  readonly #folder: string;
  /** By origin. As long as the process lives it believes itself: a disk that is exchanged meanwhile tells nothing. */
  readonly #last = new Map<string, Checkpoint>();

  private constructor(files: FileAccess, stateFolder: string) {
    this.#files = files;
    this.#folder = stateFolder;
  }

  /** An empty memory; durable when it resolves. */
  static async found({ disk }: Pick<FileAccess, 'disk'>, stateFolder: string): Promise<void> {
    disk.makeFolder(`${stateFolder}/logs`);
    await disk.syncFolder(stateFolder);
  }

  /** Throws `corrupt` if there is none: then this key may have cosigned what nobody remembers. */
  static open(files: FileAccess, stateFolder: string): KeptCheckpoints {
    const { disk } = files;
    const folder = `${stateFolder}/logs`;
    if (disk.stat(folder) !== undefined) {
      // What a killed process left beside: it has cosigned nothing of it.
      for (const { name } of disk.list(folder)) {
        if (!FILE_NAME.test(name)) disk.unlink(`${folder}/${name}`);
      }
      return new KeptCheckpoints(files, stateFolder);
    }
    throw new KuraError('corrupt', `${stateFolder} has lost what this witness has cosigned`, {
      guidance: 'Found a new witness in another folder, and tell the logs of its key.',
    });
  }

  /** What was cosigned last; the empty tree if nothing was. Throws `corrupt`, `io`. */
  read(log: LogKey): Checkpoint {
    const known = this.#last.get(log.origin) ?? this.#readFile(log);
    this.#last.set(log.origin, known);
    return known;
  }

  #readFile(log: LogKey): Checkpoint {
    const path = this.#pathOf(log);
    const damaged = (cause?: unknown): never => {
      throw new KuraError('corrupt', `${path} is not what this witness has cosigned`, {
        guidance:
          'Do not remove it: found a new witness, with another key, and tell the logs of it.',
        cause,
      });
    };
    const file = { path, maxBytes: MAX_KEPT_BYTES, refuse: damaged };
    const bytes = readSmallFile(this.#files.disk, file);
    if (bytes === undefined) return emptyLog(log.origin);
    try {
      return openCheckpoint(Buffer.from(bytes).toString('utf8'), log);
    } catch (error) {
      return damaged(error);
    }
  }

  /** Durable when it resolves. After a failure nobody knows what the disk has: the process must end. */
  async replace(log: LogKey, next: Kept): Promise<void> {
    await replaceFile(this.#files, this.#pathOf(log), utf8(next.note));
    this.#last.set(log.origin, next.checkpoint);
  }

  /** Both signed notes of a log that contradicts itself, for people. */
  async keepEvidence({ log, lastSize, note }: Contradiction): Promise<void> {
    const { disk } = this.#files;
    const folder = `${this.#folder}/evidence`;
    disk.makeFolder(folder);
    const path = `${folder}/${fileNameOf(log.origin)}-${lastSize}`;
    if (disk.stat(path) !== undefined || disk.list(folder).length >= MAX_EVIDENCE) return;
    const refuse = (): never => {
      throw new KuraError('corrupt', `${this.#pathOf(log)} is too long`);
    };
    const file = { path: this.#pathOf(log), maxBytes: MAX_KEPT_BYTES, refuse };
    const kept = Buffer.from(readSmallFile(disk, file) ?? new Uint8Array()).toString('utf8');
    await replaceFile(this.#files, path, utf8(`${kept}\n${note}`));
  }

  #pathOf({ origin }: LogKey): string {
    return `${this.#folder}/logs/${fileNameOf(origin)}`;
  }
}
