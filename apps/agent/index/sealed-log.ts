// An append-only file of sealed records, for state that may be lost but must never be believed wrongly: a
// torn or foreign record ends the file. Nothing in it is the only copy of anything.
import { type Disk, type DiskFile, errnoOf, KuraError, type Random } from '@kura/base';
import { openLocal, sealLocal } from '@kura/member-seal/local.ts';

export interface SealedLogOptions {
  readonly disk: Disk;
  readonly path: string;
  readonly localKey: Uint8Array;
  /** Binds records to what they are for. */
  readonly purpose: string;
}

const LENGTH_BYTES = 4;
/** A pack of 16 MiB cannot name more chunks than fit here; anything longer is damage. */
const MAX_RECORD_BYTES = 24 * 1024 * 1024;

/** The file appears with the first record. */
export class SealedLogWriter {
  readonly #options: SealedLogOptions & { readonly random: Random };
  #file: DiskFile | undefined;
  #position = 0;

  constructor(options: SealedLogOptions & { readonly random: Random }) {
    this.#options = options;
  }

  append(bytes: Uint8Array): void {
    const { disk, path, localKey, purpose, random } = this.#options;
    this.#file ??= disk.create(path);
    const sealed = sealLocal({ localKey, purpose, bytes, random });
    const framed = new Uint8Array(LENGTH_BYTES + sealed.length);
    new DataView(framed.buffer).setUint32(0, sealed.length, true);
    framed.set(sealed, LENGTH_BYTES);
    this.#file.write(framed, this.#position);
    this.#position += framed.length;
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  /** Closes and removes the file: what it said is no longer needed. */
  discard(): void {
    if (this.#file === undefined) return;
    this.close();
    this.#options.disk.unlink(this.#options.path);
  }
}

/** All records up to the first that cannot be read, for whatever reason. */
export function* readSealedLog(options: SealedLogOptions): Generator<Uint8Array> {
  const { disk, path } = options;
  const file = tryTo(() => disk.openRead(path));
  if (file === undefined) return;
  try {
    const lengthBytes = new Uint8Array(LENGTH_BYTES);
    const lengthView = new DataView(lengthBytes.buffer);
    let position = 0;
    while (tryTo(() => file.read(lengthBytes, position)) === LENGTH_BYTES) {
      const length = lengthView.getUint32(0, true);
      const left = (tryTo(() => file.sizeBytes()) ?? 0) - position - LENGTH_BYTES;
      if (length > MAX_RECORD_BYTES || length > left) return;
      const sealed = new Uint8Array(length);
      const from = position + LENGTH_BYTES;
      if (tryTo(() => file.read(sealed, from)) !== length) return;
      const record = tryOpen(options, sealed);
      if (record === undefined) return;
      yield record;
      position += LENGTH_BYTES + length;
    }
  } finally {
    tryTo(() => file.close());
  }
}

/** Undefined if the system refuses: what a medium does not give any more is read from the stores. */
function tryTo<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

function tryOpen(options: SealedLogOptions, sealed: Uint8Array): Uint8Array | undefined {
  try {
    return openLocal({ localKey: options.localKey, purpose: options.purpose, sealed });
  } catch (error) {
    if (error instanceof KuraError && error.code === 'corrupt') return undefined;
    throw error;
  }
}
