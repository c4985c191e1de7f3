// Small files that a person names on the command line: passphrases, words, patterns, lists. Bounded, and with one
// sentence for whatever is wrong with them.
import { readFileSync, statSync } from 'node:fs';
import { asKuraError, concatBytes, errnoOf, KuraError } from '@kura/base';

export interface InputFile {
  readonly path: string;
  /** What it is, as in "the file of patterns". */
  readonly noun: string;
  readonly maxBytes: number;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: a part of its path is no folder',
  EISDIR: 'is a folder',
  EACCES: 'may not be read by this user',
};

/** Throws `too_large`, and what the system says as `missing` or `io`. */
export function readInputFile({ path, noun, maxBytes }: InputFile): Buffer {
  try {
    // What is no plain file, such as a pipe, says 0 here.
    if (statSync(path).size > maxBytes) {
      throw new KuraError('too_large', `the ${noun} ${path} is too large`, {
        guidance: `It may have ${maxBytes} bytes; look whether another file was meant.`,
      });
    }
    return readFileSync(path);
  } catch (error) {
    const wrapped = asKuraError(error, `the ${noun} ${path} cannot be read`);
    const reason = REASONS[errnoOf(error) ?? ''];
    if (reason === undefined) throw wrapped;
    throw new KuraError(wrapped.code, `the ${noun} ${path} ${reason}`, {
      guidance: 'Check the path.',
      cause: error,
    });
  }
}

/** Standard input in place of such a file. Throws `too_large`. */
export async function readInput(
  bytes: AsyncIterable<Uint8Array>,
  { noun, maxBytes }: Omit<InputFile, 'path'>,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const part of bytes) {
    total += part.length;
    if (total > maxBytes) throw new KuraError('too_large', `the ${noun} is too large`);
    parts.push(part);
  }
  return concatBytes(...parts);
}
