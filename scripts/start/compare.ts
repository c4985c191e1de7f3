// Compares what was saved with what came back: types, names, bytes, modes, times and targets of links. It knows
// nothing of Kura, so that it cannot share a mistake with the restore that it judges.
import {
  type BigIntStats,
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import { errnoOf, MIB } from '@kura/base';

/** A path as bytes, one per character: names may be in any encoding. */
type Path = string;

export interface Comparison {
  files: number;
  folders: number;
  bytes: number;
  /** At most `MAX_TOLD` of them. */
  readonly differences: { readonly path: Path; readonly what: string }[];
  differenceCount: number;
}

export interface CompareOptions {
  /** What was left out of the backup. */
  readonly isExcluded: (path: Path) => boolean;
  readonly onFile: (state: Comparison) => void;
  readonly signal: AbortSignal;
}

const MAX_TOLD = 20;
/** Between looks at whether the person wants to stop. */
const FILES_PER_TURN = 64;

const bytesOf = (path: Path): Buffer => Buffer.from(path, 'latin1');
const ours = Buffer.alloc(MIB);
const theirs = Buffer.alloc(MIB);

/** Each path with the same path below `target`. */
export async function compareTrees(
  paths: readonly Path[],
  target: Path,
  options: CompareOptions,
): Promise<Comparison> {
  const found: Comparison = { files: 0, folders: 0, bytes: 0, differences: [], differenceCount: 0 };
  const included = paths.filter((path) => !options.isExcluded(path));
  const waiting = included.map((path) => ({
    source: path,
    copy: target + (path === '/' ? '' : path),
  }));
  for (let pair = waiting.pop(); pair !== undefined; pair = waiting.pop()) {
    try {
      waiting.push(...comparePair(pair, found, options));
    } catch (error) {
      note(found, pair.source, `cannot be read (${errnoOf(error) ?? String(error)})`);
    }
    options.onFile(found);
    if ((found.files + 1) % FILES_PER_TURN === 0) await new Promise(setImmediate);
    options.signal.throwIfAborted();
  }
  return found;
}

interface Pair {
  readonly source: Path;
  readonly copy: Path;
}

const below = (folder: Path, name: Path): Path => `${folder === '/' ? '' : folder}/${name}`;

/** Notes what differs; the pairs inside, if both are folders. */
function comparePair(
  { source, copy }: Pair,
  found: Comparison,
  options: CompareOptions,
): readonly Pair[] {
  const what = compareEntry(source, copy, found);
  if (what !== 'same folder') {
    if (what !== undefined) note(found, source, what);
    return [];
  }
  const { names, missing } = compareNames(source, copy, options);
  for (const name of missing) note(found, below(source, name), 'is in one of the two only');
  return names.map((name) => ({ source: below(source, name), copy: below(copy, name) }));
}

function note(found: Comparison, path: Path, what: string): void {
  found.differenceCount++;
  if (found.differences.length < MAX_TOLD) found.differences.push({ path, what });
}

function statOf(path: Path): BigIntStats | undefined {
  return lstatSync(bytesOf(path), { bigint: true, throwIfNoEntry: false });
}

/** What differs; "same folder" if what they hold is still to be compared; undefined if nothing does. */
function compareEntry(source: Path, copy: Path, found: Comparison): string | undefined {
  const before = statOf(source);
  const after = statOf(copy);
  if (before === undefined || after === undefined) return 'is in one of the two only';
  if (before.mode !== after.mode) return 'has another type or mode';
  if (before.mtimeNs !== after.mtimeNs) return 'has another time';
  if (before.isDirectory()) {
    found.folders++;
    return 'same folder';
  }
  found.files++;
  if (before.isSymbolicLink()) {
    return targetOf(source) === targetOf(copy) ? undefined : 'points elsewhere';
  }
  if (!before.isFile()) return undefined;
  if (before.size !== after.size) return 'has another size';
  found.bytes += Number(before.size);
  return hasSameBytes(source, copy) ? undefined : 'has other bytes';
}

function targetOf(path: Path): string {
  return readlinkSync(bytesOf(path), 'latin1');
}

function namesIn(folder: Path): string[] {
  return readdirSync(bytesOf(folder), 'latin1');
}

function compareNames(
  source: Path,
  copy: Path,
  { isExcluded }: CompareOptions,
): { readonly names: readonly string[]; readonly missing: readonly string[] } {
  const before = new Set(namesIn(source).filter((name) => !isExcluded(below(source, name))));
  const after = new Set(namesIn(copy));
  return {
    names: [...before.intersection(after)],
    missing: [...before.symmetricDifference(after)],
  };
}

function hasSameBytes(source: Path, copy: Path): boolean {
  const first = openSync(bytesOf(source), 'r');
  try {
    const second = openSync(bytesOf(copy), 'r');
    try {
      for (;;) {
        const read = readSync(first, ours);
        if (read !== readSync(second, theirs)) return false;
        if (read === 0) return true;
        if (ours.compare(theirs, 0, read, 0, read) !== 0) return false;
      }
    } finally {
      closeSync(second);
    }
  } finally {
    closeSync(first);
  }
}
