// What Kura asks of the machine beyond Node's own API. Two implementations: `ffi/` through node:ffi
// (libc, OpenSSL and zstd inside Node's executable), and `twin/` in plain Node, slower, which names
// what it cannot save instead of dropping it. The conformance suite runs on both.
//
// Buffers are plain views; nothing keeps a pointer beyond its call.
import type { ByteString } from '@kura/base';

// ── Bulk work on bytes ───────────────────────────────────────────────────────────────────────────

export const CIPHERS = ['aes-256-ctr', 'chacha20', 'aes-256-ocb', 'camellia-256-ctr'] as const;
export type CipherName = (typeof CIPHERS)[number];

/** What `apply` takes as IV. ChaCha20: 4 bytes of little-endian block counter, then the nonce. */
export const IV_BYTES: Readonly<Record<CipherName, number>> = {
  'aes-256-ctr': 16,
  chacha20: 16,
  'aes-256-ocb': 12,
  'camellia-256-ctr': 16,
};

/** AES-256-GCM under one key, in place. */
export interface Gcm {
  /** `buffer` holds n plaintext bytes and 16 free ones; after: n ciphertext bytes and the tag. */
  seal(nonce: Uint8Array, associated: Uint8Array, buffer: Uint8Array): void;
  /** The inverse; false (and the content of `buffer` undefined) if the tag does not match. */
  open(nonce: Uint8Array, associated: Uint8Array, buffer: Uint8Array): boolean;
  /** Frees the context and wipes the key; no call may follow. */
  free(): void;
}

/** A length-preserving cipher under one key. OCB without its tag; IVs as docs/design/format.md. */
export interface LengthPreservingCipher {
  /** `output` may be `input`. Lengths are equal and a multiple of 16. */
  apply(iv: Uint8Array, input: Uint8Array, output: Uint8Array): void;
  free(): void;
}

export interface Bulk {
  /** Writes 32 bytes to `into`. */
  sha256(input: Uint8Array, into: Uint8Array): void;
  hmacSha256(key: Uint8Array, input: Uint8Array, into: Uint8Array): void;
  /** The same for every `pieceBytes` of `input`: 32 bytes each to `into`, in order. Several at once are faster. */
  sha256Each(input: Uint8Array, pieceBytes: number, into: Uint8Array): void;
  /** The same for every one of `inputs`; of a key of at most 64 bytes. */
  hmacSha256Each(key: Uint8Array, inputs: readonly Uint8Array[], into: Uint8Array): void;
  gcm(key: Uint8Array): Gcm;
  cipher(
    name: CipherName,
    key: Uint8Array,
    direction: 'encrypt' | 'decrypt',
  ): LengthPreservingCipher;
  /** One zstd frame into `output`; the bytes written, or 0 if they do not fit. */
  compress(input: Uint8Array, output: Uint8Array, level: number): number;
  /**
   * The bytes written; throws `corrupt` unless one frame fills exactly what `output` offers or
   * less.
   */
  decompress(input: Uint8Array, output: Uint8Array): number;
}

// ── Files as POSIX has them ──────────────────────────────────────────────────────────────────────

export type FileType = 'file' | 'folder' | 'symlink' | 'fifo' | 'character' | 'block' | 'socket';

export interface FileStatus {
  readonly type: FileType;
  /** Permission bits with set-uid, set-gid and sticky: 12 bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  /** 512-byte units in use: fewer than the size wants means holes. */
  readonly blocks: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly inode: bigint;
  readonly device: bigint;
  readonly links: number;
  /** For device files: the number of the device they stand for. */
  readonly deviceNumber: bigint;
}

export interface DirectoryEntry {
  readonly name: ByteString;
  readonly type: FileType | undefined;
}

export interface Region {
  readonly offset: number;
  readonly length: number;
}

export interface ExtendedAttribute {
  readonly name: ByteString;
  readonly value: Uint8Array;
}

/**
 * What this implementation cannot save or restore here. Reading then yields nothing (no
 * attributes, one region), so that a backup can go on and say what it left out; writing throws
 * `unsupported`, but for times, which are rounded. `devices` includes fifos and sockets.
 */
export type Incapability = 'attributes' | 'holes' | 'devices' | 'nanoseconds' | 'owners';

/**
 * An open file, or an open folder, for work that no link can divert. Only `close` of the same Posix
 * may close it: node:fs in a worker minds descriptors that it has not opened.
 */
export type Descriptor = number;

export interface Posix {
  readonly incapabilities: ReadonlySet<Incapability>;

  // Reading. Errors are Node system errors with a `code` such as ENOENT.
  /** Does not follow a final link; undefined if nothing is there. */
  status(path: ByteString): FileStatus | undefined;
  statusOf(file: Descriptor): FileStatus;
  /** Bytewise sorted. */
  readFolder(path: ByteString): DirectoryEntry[];
  /** The same without types. */
  readNames(path: ByteString): ByteString[];
  readLink(path: ByteString): ByteString;
  /** For reading, O_NOFOLLOW | O_NONBLOCK | O_NOATIME where allowed. */
  openRead(path: ByteString): Descriptor;
  read(file: Descriptor, into: Uint8Array, position: number): number;
  close(file: Descriptor): void;
  /**
   * Regions that hold data, in order (lseek SEEK_DATA / SEEK_HOLE). One region if holes are
   * unknown.
   */
  dataRegions(file: Descriptor, sizeBytes: number): Region[];
  /** Sorted by name. Of the path itself, also if it is a link. */
  attributes(path: ByteString): ExtendedAttribute[];
  attributesOf(file: Descriptor): ExtendedAttribute[];

  // Writing, relative to an open folder: no component of a path is ever resolved through a link. A
  // name that is not one component (`..`, or one with a slash or NUL) throws `hostile`. Modes of
  // new entries are subject to the umask; set them afterwards.
  /** Opens an existing folder; the last component must not be a link. */
  openFolder(path: ByteString): Descriptor;
  openFolderAt(folder: Descriptor, name: ByteString): Descriptor;
  makeFolderAt(folder: Descriptor, name: ByteString, mode: number): void;
  /** O_CREAT | O_EXCL | O_NOFOLLOW, mode 0600. */
  createFileAt(folder: Descriptor, name: ByteString): Descriptor;
  write(file: Descriptor, bytes: Uint8Array, position: number): void;
  truncate(file: Descriptor, sizeBytes: number): void;
  sync(file: Descriptor): void;
  symlinkAt(target: ByteString, folder: Descriptor, name: ByteString): void;
  /** A second name for an existing file; links are not followed. */
  linkAt(fromFolder: Descriptor, from: ByteString, toFolder: Descriptor, to: ByteString): void;
  makeNodeAt(
    folder: Descriptor,
    name: ByteString,
    type: 'fifo' | 'character' | 'block' | 'socket',
    mode: number,
    deviceNumber: bigint,
  ): void;
  statusAt(folder: Descriptor, name: ByteString): FileStatus | undefined;
  readFolderOf(folder: Descriptor): DirectoryEntry[];
  renameAt(fromFolder: Descriptor, from: ByteString, toFolder: Descriptor, to: ByteString): void;
  unlinkAt(folder: Descriptor, name: ByteString): void;
  removeFolderAt(folder: Descriptor, name: ByteString): void;
  /** Of the entry itself, also if it is a link; mode is ignored for links. */
  setOwnerAt(folder: Descriptor, name: ByteString, uid: number, gid: number): void;
  setModeAt(folder: Descriptor, name: ByteString, mode: number): void;
  setTimesAt(folder: Descriptor, name: ByteString, mtimeNs: bigint): void;
  setAttributeAt(folder: Descriptor, name: ByteString, attribute: ExtendedAttribute): void;
  setOwner(file: Descriptor, uid: number, gid: number): void;
  setMode(file: Descriptor, mode: number): void;
  setTimes(file: Descriptor, mtimeNs: bigint): void;
  setAttribute(file: Descriptor, attribute: ExtendedAttribute): void;
  /** Fails like the system call, with ENODATA if there is none of that name. */
  removeAttribute(file: Descriptor, name: ByteString): void;
  /**
   * Everything written to the file system of `file` so far is on the medium. Absent where only one
   * file at a time can be synced.
   */
  syncFileSystem?(file: Descriptor): void;
  freeBytes(path: ByteString): number;
}

export interface Native {
  readonly kind: 'ffi' | 'twin';
  readonly bulk: Bulk;
  readonly posix: Posix;
  /**
   * `sizeBytes` of zeros that begin on a page, in large pages where the machine has them: for what a disk takes past
   * the page cache. Whole large pages are used, so small sizes waste memory.
   */
  allocateLargePages(sizeBytes: number): Uint8Array;
}
