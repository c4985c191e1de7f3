// What a look ahead has seen, as bytes, which pass from thread to thread without a copy: in the order of the walk, of
// each folder its names, and of each of these that could be looked at its status. In memory only: no format.
//
//   names   varint 0 · varint depth · latin1 path of the folder · varint count · latin1 names, parted by NUL
//   status  varint 1 + type · varint depth of the folder, which of its names, mode, uid, gid, links, size, blocks ·
//           i64 mtime, ctime · u64 inode, device · of device files only u64 the device they stand for
//
// A batch is not opened alone: a status may be of a name that came in a batch before.
import { ByteReader, type ByteString, ByteWriter, must } from '@kura/base';
import type { FileStatus, FileType } from '@kura/native';
import { childPath } from '../../read/walk-tree.ts';

/** Either the names in the folder at `path`, or the status of what is there. */
export type Sighting =
  | { readonly path: ByteString; readonly names: ByteString[] }
  | { readonly path: ByteString; readonly status: FileStatus };

const TYPES = ['file', 'folder', 'symlink', 'fifo', 'character', 'block', 'socket'] as const;
const TAGS = new Map<FileType, number>(TYPES.map((type, index) => [type, index + 1]));
const NOUN = 'look ahead';
const NAMES_TAG = 0;
/** A folder with more names ends the look; the walk goes on without it. */
const MAX_BATCH_BYTES = 256 * 1024 * 1024;
/** In no name. One text for all of them is made and read much faster than one for each. */
const SEPARATOR = '\0';
const USUAL_BYTES = 160 * 1024;

function isDevice(type: FileType): boolean {
  return type === 'character' || type === 'block';
}

export class SightingWriter {
  #bytes = new ByteWriter(MAX_BATCH_BYTES, USUAL_BYTES);

  get length(): number {
    return this.#bytes.length;
  }

  names(depth: number, path: ByteString, names: readonly ByteString[]): void {
    const bytes = this.#bytes;
    bytes.varint(NAMES_TAG);
    bytes.varint(depth);
    bytes.latin1(path);
    bytes.varint(names.length);
    bytes.latin1(names.join(SEPARATOR));
  }

  /** `name`: which of the names of the folder that was told last at this depth. */
  status(depth: number, name: number, status: FileStatus): void {
    const bytes = this.#bytes;
    bytes.varint(must(TAGS.get(status.type), 'a type that is known'));
    bytes.varint(depth);
    bytes.varint(name);
    bytes.varint(status.mode);
    bytes.varint(status.uid);
    bytes.varint(status.gid);
    bytes.varint(status.links);
    bytes.varint(status.sizeBytes);
    bytes.varint(status.blocks);
    bytes.i64(status.mtimeNs);
    bytes.i64(status.ctimeNs);
    bytes.u64(status.inode);
    bytes.u64(status.device);
    if (isDevice(status.type)) bytes.u64(status.deviceNumber);
  }

  /** All since the last call. */
  take(): Uint8Array<ArrayBuffer> {
    const batch = new Uint8Array(this.#bytes.bytes());
    this.#bytes = new ByteWriter(MAX_BATCH_BYTES, USUAL_BYTES);
    return batch;
  }
}

interface SeenFolder {
  readonly path: ByteString;
  readonly names: ByteString[];
}

export class SightingReader {
  /** By depth: the folders in which the look is. */
  readonly #folders: SeenFolder[] = [];
  #bytes = new ByteReader(new Uint8Array(0), NOUN);

  /** The batch before must have been read to its end. */
  open(batch: Uint8Array): void {
    this.#bytes.end();
    this.#bytes = new ByteReader(batch, NOUN);
  }

  /** Undefined at the end of the batch. */
  next(): Sighting | undefined {
    if (this.#bytes.remaining === 0) return undefined;
    const tag = this.#bytes.varint();
    return tag === NAMES_TAG ? this.#names() : this.#status(must(TYPES[tag - 1], 'a known type'));
  }

  #names(): Sighting {
    const bytes = this.#bytes;
    const depth = bytes.varint();
    const path = bytes.latin1(MAX_BATCH_BYTES) as ByteString;
    const count = bytes.varint();
    const text = bytes.latin1(MAX_BATCH_BYTES);
    const names = count === 0 ? [] : (text.split(SEPARATOR) as ByteString[]);
    const folder = { path, names };
    this.#folders[depth] = folder;
    return folder;
  }

  #status(type: FileType): Sighting {
    const bytes = this.#bytes;
    const folder = must(this.#folders[bytes.varint()], 'a folder comes before its entries');
    const name = must(folder.names[bytes.varint()], 'a status is of a name');
    const status = {
      type,
      mode: bytes.varint(),
      uid: bytes.varint(),
      gid: bytes.varint(),
      links: bytes.varint(),
      sizeBytes: bytes.varint(),
      blocks: bytes.varint(),
      mtimeNs: bytes.i64(),
      ctimeNs: bytes.i64(),
      inode: bytes.u64(),
      device: bytes.u64(),
      deviceNumber: isDevice(type) ? bytes.u64() : 0n,
    };
    return { path: childPath(folder.path, name), status };
  }
}
