// What a backup is told through files and standard input: patterns and lists. Read here, at the edge, so
// that the agent sees paths and one question: is this one left out?
import { posix } from 'node:path';
import { parsePathPatterns, parsePatternFile } from '@kura/agent/backup/exclude.ts';
import {
  expandPattern,
  MAX_LIST_BYTES,
  parseFilesFrom,
  parseFilesFrom0,
} from '@kura/agent/backup/files-from.ts';
import { type ByteString, byteString, KuraError } from '@kura/base';
import { readInput, readInputFile } from '../cli/input-file.ts';
import type { CommandContext } from './types.ts';

export interface InputOptions {
  readonly exclude?: readonly string[];
  readonly excludeFile?: readonly string[];
  readonly filesFrom?: readonly string[];
  readonly filesFrom0?: readonly string[];
}

function readFile(path: string, noun: string): Uint8Array {
  return readInputFile({ path, noun, maxBytes: MAX_LIST_BYTES });
}

/** Absolute and normalised, whatever bytes it has. An empty one is a variable that was not set: never this folder. */
export function absolutePath(path: ByteString): ByteString {
  if (path === '') {
    throw new KuraError('usage', 'a path is empty', {
      guidance: 'Write "." for this folder, or look whether a variable is not set.',
    });
  }
  return posix.resolve(byteString(process.cwd()), path) as ByteString;
}

/** Patterns of what stays out; throws `usage` if one is malformed. */
export function exclusion(
  { exclude = [], excludeFile = [] }: InputOptions,
  context: CommandContext,
): readonly string[] {
  const fromFiles = excludeFile.flatMap((path) => {
    const text = Buffer.from(readFile(path, 'file of patterns')).toString('utf8');
    return parsePatternFile(text, context.environment);
  });
  const patterns = [...exclude, ...fromFiles];
  parsePathPatterns(patterns);
  return patterns;
}

/** Everything that is to be saved, in the order given, once each. */
export async function pathsToSave(
  named: readonly string[],
  { filesFrom = [], filesFrom0 = [] }: InputOptions,
  context: CommandContext,
): Promise<ByteString[]> {
  const list = async (path: string): Promise<Uint8Array> => {
    const noun = 'list of files';
    if (path !== '-') return readFile(path, noun);
    return await readInput(context.stdin(), { noun, maxBytes: MAX_LIST_BYTES });
  };
  const paths = named.map((path) => absolutePath(byteString(path)));
  for (const path of filesFrom) {
    const { loadNative } = await import('@kura/native'); // not needed for most backups' arguments
    for (const pattern of parseFilesFrom(await list(path))) {
      paths.push(...expandPattern(absolutePath(pattern), loadNative().posix));
    }
  }
  for (const path of filesFrom0) paths.push(...parseFilesFrom0(await list(path)).map(absolutePath));
  return [...new Set(paths)];
}
