// Reads one file, or one share of a large one, into chunks. It opens without following links and without
// touching access times, and looks at the file again afterwards: what changed under it is read again.
import { type ByteString, errnoOf, KuraError, type NetworkShape } from '@kura/base';
import type { Chunker, ContentEntry } from '@kura/format';
import type { ExtendedAttribute, FileStatus, Posix, Region } from '@kura/native';
import type { ChunkPacker } from './chunk-packer.ts';
import { chunksOf } from './region-chunker.ts';
import { type SeamReader, seamAt } from './seam.ts';

export interface FileReaderOptions {
  readonly posix: Posix;
  readonly chunker: Chunker;
  readonly packer: ChunkPacker;
  readonly shape: NetworkShape;
}

export interface ReadFile {
  /** As it was when its last byte had been read. */
  readonly status: FileStatus;
  readonly content: readonly ContentEntry[];
  readonly holes: readonly Region[];
  readonly attributes: readonly ExtendedAttribute[];
  readonly areAttributesIncomplete: boolean;
  readonly bytesRead: number;
  /** It changed each time it was read: what is saved may mix two states. */
  readonly isUnstable: boolean;
}

/** A file that changes while it is read is read this often before it is saved as it is. */
const MAX_READS = 3;
/** A file with more holes than a folder page can name is saved with all of them filled. */
const MAX_HOLES = 16_384;
const BLOCK_BYTES = 512;

export async function readFile(path: ByteString, options: FileReaderOptions): Promise<ReadFile> {
  const { posix } = options;
  const file = posix.openRead(path);
  try {
    let before = posix.statusOf(file);
    requireFile(before, path);
    for (let attempt = 1; ; attempt++) {
      const { content, holes, bytesRead } = await readContent(file, before, options);
      const after = posix.statusOf(file);
      const isStable = isSameContent(before, after);
      if (!isStable && attempt < MAX_READS) {
        before = after;
        continue;
      }
      const attributes = attributesOf(posix, file);
      const status = { ...after, sizeBytes: sizeOf(content, holes) };
      return { status, content, holes, bytesRead, isUnstable: !isStable, ...attributes };
    }
  } finally {
    posix.close(file);
  }
}

export interface ReadShare {
  readonly status: FileStatus;
  readonly content: readonly ContentEntry[];
  readonly bytesRead: number;
}

/** Share number `share` of a file without holes. The status is that of before the reading. */
export async function readShare(
  path: ByteString,
  share: number,
  options: FileReaderOptions,
): Promise<ReadShare> {
  const { posix } = options;
  const file = posix.openRead(path);
  try {
    const status = posix.statusOf(file);
    requireFile(status, path);
    const source = plainSource(posix, file, status.sizeBytes);
    const start = seamAt(share, source, options);
    const end = seamAt(share + 1, source, options);
    const content = await readRegion({ start, end }, source, options);
    const after = posix.statusOf(file);
    const bytesRead = end - start;
    return isSameContent(status, after) ? { status, content, bytesRead } : changed(path);
  } finally {
    posix.close(file);
  }
}

export function isSameContent(a: FileStatus, b: FileStatus): boolean {
  return (
    a.sizeBytes === b.sizeBytes &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.inode === b.inode
  );
}

function changed(path: ByteString): never {
  throw new KuraError('source_changed', `${path} changed while it was read`);
}

async function readContent(
  file: number,
  status: FileStatus,
  options: FileReaderOptions,
): Promise<{ content: ContentEntry[]; holes: Region[]; bytesRead: number }> {
  const { posix } = options;
  const { sizeBytes } = status;
  const data = hasHoles(status) ? posix.dataRegions(file, sizeBytes) : undefined;
  const holes = data === undefined ? [] : holesBetween(data, sizeBytes);
  if (data === undefined || holes.length === 0 || holes.length > MAX_HOLES) {
    const source = plainSource(posix, file, sizeBytes);
    const content = await readRegion({ start: 0, end: sizeBytes }, source, options);
    return { content, holes: [], bytesRead: lengthOf(content) };
  }
  const source = sparseSource(posix, file, data);
  const content = await readRegion({ start: 0, end: source.sizeBytes }, source, options);
  return { content, holes, bytesRead: lengthOf(content) };
}

export function hasHoles(status: FileStatus): boolean {
  return status.blocks * BLOCK_BYTES < status.sizeBytes;
}

async function readRegion(
  region: Readonly<Record<'start' | 'end', number>>,
  source: SeamReader,
  options: FileReaderOptions,
): Promise<ContentEntry[]> {
  const { chunker, packer, shape } = options;
  const content: ContentEntry[] = [];
  for (const chunks of chunksOf(region, source, { chunker, shape })) {
    content.push(...(await packer.add(chunks)));
  }
  return content;
}

function plainSource(posix: Posix, file: number, sizeBytes: number): SeamReader {
  return { sizeBytes, read: (into, position) => posix.read(file, into, position) };
}

/** The data regions of a file, one after the other, as if there were nothing between them. */
function sparseSource(posix: Posix, file: number, data: readonly Region[]): SeamReader {
  const sizeBytes = data.reduce((total, region) => total + region.length, 0);
  return {
    sizeBytes,
    // Readers take a short read for the end of the file, so one read goes on over the holes.
    read(into, position) {
      let passed = 0;
      let got = 0;
      for (const region of data) {
        const inside = position + got - passed;
        if (inside < region.length) {
          const want = Math.min(into.length - got, region.length - inside);
          const part = into.subarray(got, got + want);
          const read = posix.read(file, part, region.offset + inside);
          got += read;
          if (read < want || got === into.length) return got;
        }
        passed += region.length;
      }
      return got;
    },
  };
}

function holesBetween(data: readonly Region[], sizeBytes: number): Region[] {
  const holes: Region[] = [];
  let end = 0;
  for (const region of data) {
    if (region.offset > end) holes.push({ offset: end, length: region.offset - end });
    end = region.offset + region.length;
  }
  if (end < sizeBytes) holes.push({ offset: end, length: sizeBytes - end });
  return holes;
}

function lengthOf(content: readonly ContentEntry[]): number {
  return content.reduce((total, entry) => total + entry.length, 0);
}

function sizeOf(content: readonly ContentEntry[], holes: readonly Region[]): number {
  return lengthOf(content) + holes.reduce((total, hole) => total + hole.length, 0);
}

function requireFile(status: FileStatus, path: ByteString): void {
  if (status.type !== 'file') {
    throw new KuraError('source_changed', `${path} is no longer a file`);
  }
}

export function attributesOf(
  posix: Posix,
  file: number,
): Pick<ReadFile, 'attributes' | 'areAttributesIncomplete'> {
  try {
    const areAttributesIncomplete = posix.incapabilities.has('attributes');
    return { attributes: posix.attributesOf(file), areAttributesIncomplete };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    // Some file systems list attributes that they then refuse to show: said at restore.
    return { attributes: [], areAttributesIncomplete: true };
  }
}
