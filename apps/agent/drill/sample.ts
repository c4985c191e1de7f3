// What of a snapshot a drill restores: files drawn evenly from all of them, while every folder of it is read. Memory
// does not grow with the snapshot.
import type { ByteString, Random } from '@kura/base';
import type { TreeReader } from '../read/tree-reader.ts';
import { type WalkedEntry, walkTree } from '../read/walk-tree.ts';

export interface DrillLimits {
  readonly files: number;
  /** Of all files together; the first one that is drawn is taken whatever its size. */
  readonly bytes: number;
}

export interface DrillSample {
  readonly files: ReadonlyMap<ByteString, number>;
  readonly bytes: number;
  readonly totalFiles: number;
  readonly totalBytes: number;
}

export interface SampleOptions {
  readonly limits: DrillLimits;
  readonly random: Random;
  /** Called for every entry: throws to stop. */
  readonly onEntry?: (files: number) => void;
}

/** Throws what reading a folder throws: a snapshot with a folder that cannot be read is not restorable. */
export async function drawSample(
  trees: TreeReader,
  folder: Parameters<typeof walkTree>[1]['folder'],
  { limits, random, onEntry }: SampleOptions,
): Promise<DrillSample> {
  const drawn: WalkedEntry[] = [];
  let totalFiles = 0;
  let totalBytes = 0;
  const start = { folder, path: '/' as ByteString, isDeep: true };
  for await (const walked of walkTree(trees, start)) {
    onEntry?.(totalFiles);
    if (walked.entry.type !== 'file') continue;
    totalFiles++;
    totalBytes += walked.entry.sizeBytes;
    if (drawn.length < limits.files) drawn.push(walked);
    else {
      const place = random.below(totalFiles);
      if (place < limits.files) drawn[place] = walked;
    }
  }
  return { ...bounded(drawn, limits.bytes, random), totalFiles, totalBytes };
}

/** In random order, so that where the bound cuts does not depend on a file's place in the tree. */
function bounded(
  drawn: readonly WalkedEntry[],
  maxBytes: number,
  random: Random,
): Pick<DrillSample, 'files' | 'bytes'> {
  const files = new Map<ByteString, number>();
  const left = [...drawn];
  let bytes = 0;
  while (left.length > 0) {
    const [next] = left.splice(random.below(left.length), 1);
    if (next === undefined) break;
    const { path, entry } = next;
    if (files.size > 0 && bytes + entry.sizeBytes > maxBytes) continue;
    files.set(path, entry.sizeBytes);
    bytes += entry.sizeBytes;
  }
  return { files, bytes };
}

/** As a restore asks, without the first slash: these files, and the folders on the way to them. */
export function sampleMatcher({
  files,
}: Pick<DrillSample, 'files'>): (path: ByteString) => boolean | 'prune' {
  const folders = new Set<string>();
  for (const path of files.keys()) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      folders.add(path.slice(1, at));
    }
  }
  return (path) => files.has(`/${path}` as ByteString) || (folders.has(path) ? false : 'prune');
}
