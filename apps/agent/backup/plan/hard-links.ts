// Several names of one file: it is read for the first of them, and the others wait for what comes of that. A name
// counts as another of the same file only if nothing of the file's status has changed in between.
import { type ByteString, must } from '@kura/base';
import { decodePage, encodeEntry, joinPage } from '@kura/format';
import type { FileStatus } from '@kura/native';
import type { FileOutcome } from './dispatcher.ts';

export type OnOutcome = (outcome: FileOutcome) => void;

interface SharedFile {
  readonly firstName: ByteString;
  /** Names that the walk has not met yet. Those outside of what is saved never come. */
  namesLeft: number;
  outcome: FileOutcome | undefined;
  readonly waiting: OnOutcome[];
}

export class HardLinks {
  readonly #files = new Map<string, SharedFile>();

  /**
   * Whether this name needs no reading: `finish` will be called with the outcome of the first name. If not,
   * the caller reads the file and calls what is returned instead of `finish`.
   */
  join(
    { name, status }: { readonly name: ByteString; readonly status: FileStatus },
    finish: OnOutcome,
  ): OnOutcome | undefined {
    if (status.links < 2) return finish;
    const key = keyOf(status);
    const known = this.#files.get(key);
    if (known === undefined) return this.#first(key, { name, status }, finish);
    known.namesLeft--;
    if (known.namesLeft === 0) this.#files.delete(key);
    const deliver = (outcome: FileOutcome): void => finish(renamed(outcome, known.firstName, name));
    if (known.outcome === undefined) known.waiting.push(deliver);
    else deliver(known.outcome);
    return undefined;
  }

  #first(
    key: string,
    { name, status }: { readonly name: ByteString; readonly status: FileStatus },
    finish: OnOutcome,
  ): OnOutcome {
    const file: SharedFile = {
      firstName: name,
      namesLeft: status.links - 1,
      outcome: undefined,
      waiting: [],
    };
    this.#files.set(key, file);
    return (outcome) => {
      file.outcome = outcome;
      finish(outcome);
      for (const deliver of file.waiting) deliver(outcome);
    };
  }
}

function keyOf({ device, inode, sizeBytes, mtimeNs, ctimeNs }: FileStatus): string {
  return `${device}:${inode}:${sizeBytes}:${mtimeNs}:${ctimeNs}`;
}

function renamed(outcome: FileOutcome, from: ByteString, to: ByteString): FileOutcome {
  const { bytes } = outcome;
  if (bytes === undefined || bytes.length === 0) return outcome;
  const [entry] = decodePage(joinPage([{ name: from, bytes }]));
  return { ...outcome, bytes: encodeEntry({ ...must(entry, 'a page of one entry'), name: to }) };
}
