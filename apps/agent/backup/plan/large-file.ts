// A large file, read share by share on several lines at once. If it changed between the shares it is read
// again; one that never rests is left out and told, because shares of two states make no file.
import { type ByteString, displayName, errnoOf, KuraError, type NetworkShape } from '@kura/base';
import { type ContentEntry, encodeEntry } from '@kura/format';
import type { FileStatus, Posix } from '@kura/native';
import { asProblem, entryWithContent, readAttributes } from '../entries.ts';
import { isSameContent } from '../line/file-reader.ts';
import { shareCount } from '../line/seam.ts';
import type { ShareDone } from '../line/tasks.ts';
import type { Dispatcher, FileOutcome } from './dispatcher.ts';
import type { FolderPacker } from './folder-packer.ts';
import type { ResumeNotes } from './resume-notes.ts';

export interface LargeFileOptions {
  readonly dispatcher: Dispatcher;
  readonly folders: FolderPacker;
  readonly posix: Posix;
  readonly shape: NetworkShape;
  readonly resume: ResumeNotes;
  /** Every chunk stands at strength; rescues packs that are marked. */
  readonly areStanding: (content: readonly ContentEntry[]) => Promise<boolean>;
}

const MAX_ROUNDS = 3;

/** Files with holes stay on one line: their data is not where their offsets are. */
export function isLarge(status: FileStatus, shape: NetworkShape): boolean {
  return status.sizeBytes > shape.shareBytes && status.blocks * 512 >= status.sizeBytes;
}

export async function saveLargeFile(
  file: { readonly path: ByteString; readonly name: ByteString; readonly status: FileStatus },
  options: LargeFileOptions,
): Promise<FileOutcome> {
  // What was seen ahead may be of long ago: a log that grows would be read in vain.
  let status = fileNow(file.path, options.posix) ?? file.status;
  for (let round = 1; ; round++) {
    try {
      const shares = await readShares(file.path, status, options);
      return { bytes: encode(file, { status, shares }, options), problem: undefined };
    } catch (error) {
      const problem = asProblem(error);
      const now = problem.code === 'source_changed' ? fileNow(file.path, options.posix) : undefined;
      if (round === MAX_ROUNDS || now === undefined) return { bytes: undefined, problem };
      status = now;
    }
  }
}

/** Undefined if it is no file any more, or cannot be looked at: then it is not read again. */
function fileNow(path: ByteString, posix: Posix): FileStatus | undefined {
  try {
    const status = posix.status(path);
    return status?.type === 'file' ? status : undefined;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

async function readShares(
  path: ByteString,
  status: FileStatus,
  options: LargeFileOptions,
): Promise<readonly (readonly ContentEntry[])[]> {
  const { dispatcher, shape, resume } = options;
  const known = await knownShares(path, status, options);
  const pending = known.map(async (content, share) => {
    if (content !== undefined) return content;
    const sizeBytes = Math.min(shape.shareBytes, status.sizeBytes - share * shape.shareBytes);
    const done = await dispatcher.share(path, share, sizeBytes);
    requireSame(done, status, path);
    resume.noteShare({ path, share, status, content: done.content });
    return done.content;
  });
  const settled = await Promise.allSettled(pending);
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** Shares that an interrupted backup has read, unless the packs of their chunks were never finished. */
async function knownShares(
  path: ByteString,
  status: FileStatus,
  { shape, resume, areStanding }: LargeFileOptions,
): Promise<(readonly ContentEntry[] | undefined)[]> {
  const known: (readonly ContentEntry[] | undefined)[] = [];
  for (let share = 0; share < shareCount(status.sizeBytes, shape); share++) {
    const content = resume.share(path, status, share);
    const isKnown = content !== undefined && (await areStanding(content));
    known.push(isKnown ? content : undefined);
  }
  return known;
}

function requireSame(done: ShareDone, status: FileStatus, path: ByteString): void {
  if (isSameContent(done.status, status)) return;
  throw new KuraError('source_changed', `${displayName(path)} changed while it was read`);
}

function encode(
  file: { readonly path: ByteString; readonly name: ByteString },
  read: { readonly status: FileStatus; readonly shares: readonly (readonly ContentEntry[])[] },
  options: LargeFileOptions,
): Uint8Array {
  const content = options.folders.content(read.shares.flat());
  const attributes = readAttributes(file.path, options.posix);
  const { status } = read;
  return encodeEntry(entryWithContent({ name: file.name, status, attributes, content }));
}
