// The recovery words as a person keeps them in a file.
import { readInputFile } from '../cli/input-file.ts';

/** 24 words of any language fit many times; larger is some other file. */
const MAX_WORDS_BYTES = 16 * 1024;

/** As they are typed: whoever knows the word lists reads them. */
export function readWordsFile(path: string): string {
  const file = { path, noun: 'file of recovery words', maxBytes: MAX_WORDS_BYTES };
  return readInputFile(file).toString('utf8');
}
