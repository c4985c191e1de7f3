// Saves a stream (standard input) as one file: cut and named here, compressed and shipped by a line. The folders on
// its path are made up: nobody has them.
import type { ByteString, NetworkShape } from '@kura/base';
import { type ContentEntry, chunkIdOf, createChunker, encodeEntry, joinPage } from '@kura/format';
import type { MemberKeys } from '@kura/member-seal';
import type { Bulk, FileStatus } from '@kura/native';
import { type ChunkTable, IN_SESSION } from '../index/chunk-table.ts';
import type { BackupCounts } from './counts.ts';
import { entryWithContent } from './entries.ts';
import { chunksOfStream } from './line/stream-chunker.ts';
import type { Line } from './line/tasks.ts';
import type { StreamSource } from './options.ts';
import type { FolderPacker } from './plan/folder-packer.ts';
import type { PackUse } from './plan/pack-use.ts';

export interface SaveStreamOptions {
  readonly stream: StreamSource;
  readonly nowMs: number;
  readonly line: Line;
  readonly folders: FolderPacker;
  readonly table: ChunkTable;
  readonly use: PackUse;
  readonly counts: BackupCounts;
  /** After each chunk, with its length. */
  readonly onSaved: (bytes: number) => Promise<void>;
  readonly keys: MemberKeys;
  readonly bulk: Bulk;
  readonly shape: NetworkShape;
}

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o755;
const NO_ATTRIBUTES = { attributes: [], isIncomplete: false } as const;

/** Resolves with the root page. */
export async function saveStream(options: SaveStreamOptions): Promise<ContentEntry> {
  const { stream, folders, counts, nowMs } = options;
  const pieces = await saveContent(options);
  const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  counts.filesNew++;
  counts.filesProcessed++;
  counts.bytesProcessed += sizeBytes;
  const names = stream.path.split('/').filter((name) => name !== '') as ByteString[];
  const fileName = names.pop() ?? ('stdin' as ByteString);
  const status = madeUpStatus('file', { nowMs, sizeBytes });
  const content = folders.content(pieces);
  const attributes = NO_ATTRIBUTES;
  let part = {
    name: fileName,
    bytes: encodeEntry(entryWithContent({ name: fileName, status, attributes, content })),
  };
  for (const name of names.reverse()) {
    const page = folders.add('folder', joinPage([part]));
    const folder = madeUpStatus('folder', { nowMs, sizeBytes: 0 });
    const pages = { content: [page], isList: false };
    const entry = entryWithContent({ name, status: folder, attributes, content: pages });
    part = { name, bytes: encodeEntry(entry) };
    counts.dirsNew++;
  }
  return folders.add('folder', joinPage([part]));
}

async function saveContent(options: SaveStreamOptions): Promise<readonly ContentEntry[]> {
  const { stream, keys, bulk, shape } = options;
  const chunker = createChunker({ chunkerKey: keys.chunkerKey, shape });
  const pieces: ContentEntry[] = [];
  for await (const chunk of chunksOfStream(stream, chunker)) {
    const piece = {
      id: chunkIdOf(bulk, keys.chunkIdKeys, 'data', chunk),
      length: chunk.length,
    };
    pieces.push(piece);
    await saveChunk(piece, chunk, options);
    await options.onSaved(chunk.length);
  }
  return pieces;
}

async function saveChunk(
  piece: ContentEntry,
  chunk: Uint8Array,
  { line, table, use, counts }: SaveStreamOptions,
): Promise<void> {
  const found = table.claim(piece.id);
  if (found === IN_SESSION || (found !== undefined && use.tryUse(found))) return;
  counts.bytesAdded += chunk.length;
  await line.pack({ kind: 'data', plain: chunk.slice(), chunks: [piece] });
}

function madeUpStatus(
  type: 'file' | 'folder',
  { nowMs, sizeBytes }: { readonly nowMs: number; readonly sizeBytes: number },
): FileStatus {
  const timeNs = BigInt(Math.round(nowMs)) * 1_000_000n;
  return {
    type,
    mode: type === 'file' ? FILE_MODE : FOLDER_MODE,
    uid: 0,
    gid: 0,
    sizeBytes,
    blocks: 0,
    mtimeNs: timeNs,
    ctimeNs: timeNs,
    inode: 0n,
    device: 0n,
    links: 1,
    deviceNumber: 0n,
  };
}
