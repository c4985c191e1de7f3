// The shapes that formats are read into and written from; bytes are in docs/design/format.md.
import type { ByteString, ChunkId, DeviceId, PackId, PackIds, SnapshotId } from '@kura/base';
import type { ExtendedAttribute, FileType } from '@kura/native';

export const CHUNK_KINDS = ['data', 'folder', 'snapshot', 'list'] as const;
export type ChunkKind = (typeof CHUNK_KINDS)[number];

/** One piece of a content: which chunk, and how many plaintext bytes it has. */
export interface ContentEntry {
  readonly id: ChunkId;
  readonly length: number;
}

export interface DirectoryChunk {
  readonly id: ChunkId;
  readonly length: number;
}

export interface DirectoryFrame {
  readonly codec: 'raw' | 'zstd';
  readonly storedBytes: number;
  readonly plainBytes: number;
  readonly kind: ChunkKind;
  /** Where the frame begins in the payload; derived, not stored. */
  readonly offset: number;
  readonly chunks: readonly DirectoryChunk[];
}

export interface PackDirectory {
  readonly packId: PackId;
  readonly leafCount: number;
  readonly frames: readonly DirectoryFrame[];
}

/** One entry of a folder as it is saved. */
export interface TreeEntry {
  readonly type: FileType;
  readonly name: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly inode: bigint;
  readonly device: bigint;
  /** More than 1 for hard-linked files; then (device, inode) tells which belong together. */
  readonly links: number;
  readonly sizeBytes: number;
  readonly target: ByteString;
  readonly deviceNumber: bigint;
  /** Regions without data, ascending, not touching. */
  readonly holes: readonly { readonly offset: number; readonly length: number }[];
  readonly attributes: readonly ExtendedAttribute[];
  /** Attributes could not all be read: said at restore, never silently dropped. */
  readonly isIncomplete: boolean;
  /** Chunks of a file, or pages of a folder. With `isList` each entry is itself a list of entries. */
  readonly content: readonly ContentEntry[];
  readonly isList: boolean;
}

export const BACKUP_KINDS = ['full', 'copy', 'differential', 'incremental'] as const;
export type BackupKind = (typeof BACKUP_KINDS)[number];

export interface SnapshotStatistics {
  readonly filesNew: number;
  readonly filesChanged: number;
  readonly filesUnmodified: number;
  readonly dirsNew: number;
  readonly dirsChanged: number;
  readonly dirsUnmodified: number;
  readonly dataAdded: number;
  readonly dataAddedPacked: number;
  readonly totalFilesProcessed: number;
  readonly totalBytesProcessed: number;
  readonly durationMs: number;
}

/** What a network was founded with: recovered from the newest snapshot if everything else is lost. */
export interface NetworkNote {
  readonly copies: number;
  readonly home: {
    /** City id or "lat,lon". */
    readonly name: string;
    readonly lat: number;
    readonly lon: number;
    readonly powerArea: string;
  };
}

/** All of a snapshot but its record is under keys of its own (docs/design/locks.md). */
export interface SnapshotLock {
  /** Key epoch of its packs, from `FIRST_LOCK_EPOCH` on. */
  readonly epoch: number;
  /** Every pack that is sealed under it: whoever cannot open them still knows that they are in use. */
  readonly packs: PackIds;
  /** What opens it, as the agent writes it; undefined until the snapshot is notarised. */
  readonly seal: string | undefined;
}

export interface Snapshot {
  readonly version: 1;
  readonly timeMs: number;
  readonly hostname: string;
  readonly username: string;
  /** Absolute, each as base64 of its bytes in the record. */
  readonly paths: readonly ByteString[];
  readonly tags: readonly string[];
  readonly kind: BackupKind;
  /** What an incremental or differential was compared with. */
  readonly base: SnapshotId | undefined;
  /** The device's head before this one: the chain. */
  readonly predecessor: SnapshotId | undefined;
  /** The newest head of each other device, as this one knew them: ties their chains to its own. */
  readonly heads?: readonly SnapshotId[];
  /** Tags changed, or a part of it went: the first snapshot that this one stands in for. */
  readonly original: SnapshotId | undefined;
  readonly device: DeviceId;
  /** Page of the root folder. */
  readonly root: ContentEntry;
  readonly statistics: SnapshotStatistics;
  /** Files that could not be read, at most 1000 named. */
  readonly skipped: readonly ByteString[];
  /** Records of before it was written have none. */
  readonly network?: NetworkNote | undefined;
  readonly lock?: SnapshotLock | undefined;
}
