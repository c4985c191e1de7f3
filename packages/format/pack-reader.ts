// Reads frames and the directory of one pack, in whole windows, through memory that many readers
// share one after the other. It trusts nothing: lengths are checked before memory is taken, the
// commitment before anything is decrypted, every segment's tag before its bytes count. Names of
// chunks are the caller's to check.
import { assert, equalBytes, KuraError, type NetworkShape, type PackId } from '@kura/base';
import { derivePackKey, FIRST_LOCK_EPOCH, type ReadingKeys } from '@kura/member-seal';
import type { Bulk, Gcm } from '@kura/native';
import { decodeDirectory } from './directory.ts';
import { EnvelopeCache } from './envelope-cache.ts';
import { checkFrame, decodeFrame } from './frame.ts';
import { decodeHeader } from './header.ts';
import {
  FOOTER_BYTES,
  FOOTER_MAGIC,
  HEADER_BYTES,
  isPackSize,
  leafOf,
  NONCE_BYTES,
  payloadCapacity,
  segmentBytes,
  segmentHead,
  segmentStart,
  writeNonce,
} from './pack-layout.ts';
import type { PackScratch } from './pack-scratch.ts';
import type { DirectoryFrame, PackDirectory } from './types.ts';

export interface PackReaderOptions {
  /** The pack that it must be; without it, the pack is asked who it is. */
  readonly packId?: PackId;
  readonly leafCount: number;
  readonly keys: ReadingKeys;
  readonly bulk: Bulk;
  readonly shape: NetworkShape;
  /** Fills `into` with leaves of the pack (the copy's own cipher taken off, the root checked). */
  readonly fetchLeaves: (firstLeaf: number, count: number, into: Uint8Array) => Promise<void>;
  readonly envelopeCache: EnvelopeCache;
  readonly scratch: PackScratch;
}

export interface OpenedHeader {
  readonly packId: PackId;
  readonly epoch: number;
  readonly key: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/**
 * Who a pack is, from its first leaf and the member's keys alone. Throws `corrupt` or
 * `unsupported`.
 */
export function openHeader(
  leaf0: Uint8Array,
  keys: ReadingKeys,
  cache: EnvelopeCache = new EnvelopeCache(),
): OpenedHeader {
  const { packId, epoch, envelope, commitment } = decodeHeader(leaf0);
  if (epoch !== keys.epoch) {
    if (epoch >= FIRST_LOCK_EPOCH) throw lockedPack(packId);
    throw new KuraError('unsupported', `the pack is sealed under key epoch ${epoch}`, {
      guidance: `Read it with the keys of that epoch; these are of epoch ${keys.epoch}.`,
    });
  }
  const sessionSecret = cache.secretOf(keys, envelope);
  const derived = derivePackKey({ sessionSecret, packId, epoch });
  if (!equalBytes(derived.commitment, commitment)) {
    fail("its key is not this member's, or its header was changed", packId);
  }
  return { packId, epoch, key: derived.key };
}

/** Whole, and sealed under a lock that these keys are not of (docs/design/locks.md). */
export function isLocked(error: unknown): boolean {
  return error instanceof KuraError && error.context.isLocked === true;
}

function lockedPack(packId: PackId): KuraError {
  return new KuraError('refused', `pack ${packId} is locked: only stamps that agree open it`, {
    context: { packId, isLocked: true },
  });
}

export class PackReader {
  readonly #options: PackReaderOptions;
  readonly #nonce = new Uint8Array(NONCE_BYTES);
  #opened: { readonly packId: PackId; readonly gcm: Gcm; readonly header: Uint8Array } | undefined;
  #isBusy = false;

  constructor(options: PackReaderOptions) {
    this.#options = options;
    if (!isPackSize(options.shape, options.leafCount)) {
      fail(`it has ${options.leafCount} leaves, which no pack has`, options.packId);
    }
  }

  /** Reads the first window: header, commitment, segments. Nothing happens the second time. */
  open(): Promise<PackId> {
    return this.#alone(() => this.#open());
  }

  /** Reads the last windows. Throws `corrupt` also if the pack goes on or was cut short. */
  directory(): Promise<PackDirectory> {
    return this.#alone(() => this.#directory());
  }

  /**
   * The plaintext of a frame: in `into` (at least `plainBytes`) if given, else a view of the
   * scratch that is valid until the scratch is used again.
   */
  readFrame(frame: DirectoryFrame, into?: Uint8Array): Promise<Uint8Array> {
    return this.#alone(() => this.#readFrame(frame, into));
  }

  /** Wipes the key; the scratch stays the caller's. Safe twice. */
  close(): void {
    this.#options.scratch.release(this);
    this.#opened?.gcm.free();
    this.#opened = undefined;
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    assert(!this.#isBusy, 'a pack reader does one thing at a time');
    this.#isBusy = true;
    try {
      return await work();
    } finally {
      this.#isBusy = false;
    }
  }

  async #open(): Promise<PackId> {
    if (this.#opened !== undefined) return this.#opened.packId;
    const { leafCount, shape, scratch, bulk, keys } = this.#options;
    const count = Math.min(shape.windowLeaves, leafCount);
    const leaves = scratch.take(this, { firstLeaf: 0, count });
    await this.#options.fetchLeaves(0, count, leaves);
    const opened = openHeader(leaves, keys, this.#options.envelopeCache);
    const expected = this.#options.packId;
    if (expected !== undefined && opened.packId !== expected) fail('it is another pack', expected);
    const header = leaves.slice(0, HEADER_BYTES);
    this.#opened = { packId: opened.packId, gcm: bulk.gcm(opened.key), header };
    this.#openSegments(0, leaves);
    scratch.hold(this, { firstLeaf: 0, count });
    return opened.packId;
  }

  async #directory(): Promise<PackDirectory> {
    const packId = await this.#open();
    const { leafCount, shape } = this.#options;
    const capacity = payloadCapacity(shape, leafCount);
    const foot = new Uint8Array(FOOTER_BYTES);
    await this.#readPayload(capacity - FOOTER_BYTES, foot);
    const view = new DataView(foot.buffer);
    if (view.getUint32(4, true) !== FOOTER_MAGIC) fail('it does not end like a pack', packId);
    const length = view.getUint32(0, true);
    if (length > capacity - FOOTER_BYTES) fail('its directory is longer than itself', packId);
    const bytes = new Uint8Array(length);
    await this.#readPayload(capacity - FOOTER_BYTES - length, bytes);
    return decodeDirectory({ bytes, packId, leafCount, shape });
  }

  async #readFrame(frame: DirectoryFrame, into: Uint8Array | undefined): Promise<Uint8Array> {
    const packId = await this.#open();
    const { leafCount, shape, scratch, bulk } = this.#options;
    const { offset, codec, storedBytes, plainBytes } = frame;
    checkFrame(frame);
    const end = payloadCapacity(shape, leafCount) - FOOTER_BYTES;
    if (!Number.isSafeInteger(offset) || offset < 0 || offset + storedBytes > end) {
      fail('a frame lies outside of it', packId);
    }
    assert(into === undefined || into.length >= plainBytes, 'too little room for a frame');
    const room = (bytes: number): Uint8Array => into ?? scratch.plain(bytes);
    const target = codec === 'raw' ? into?.subarray(0, storedBytes) : undefined;
    const stored = target ?? scratch.stored(storedBytes);
    await this.#readPayload(offset, stored);
    return decodeFrame({ bulk, frame, stored, room });
  }

  /** Fills `into` from the payload, as many windows at a time as the scratch may hold. */
  async #readPayload(offset: number, into: Uint8Array): Promise<void> {
    const { shape, scratch } = this.#options;
    let filled = 0;
    while (filled < into.length) {
      const first = leafOf(shape, offset + filled);
      const last = Math.min(
        leafOf(shape, offset + into.length - 1),
        first + scratch.spanLeaves - 1,
      );
      const leaves = await this.#leaves(first, last);
      for (let leaf = first; leaf <= last && filled < into.length; leaf++) {
        const skip = offset + filled - segmentStart(shape, leaf);
        const length = Math.min(segmentBytes(shape, leaf) - skip, into.length - filled);
        const start = (leaf - first) * shape.leafBytes + segmentHead(leaf) + skip;
        into.set(leaves.subarray(start, start + length), filled);
        filled += length;
      }
    }
  }

  /** Opened leaves `first` to `last`, from the scratch as far as it holds them. */
  async #leaves(first: number, last: number): Promise<Uint8Array> {
    const { leafCount, shape, scratch, fetchLeaves } = this.#options;
    const { windowLeaves, leafBytes } = shape;
    const from = first - (first % windowLeaves);
    const end = Math.min(Math.ceil((last + 1) / windowLeaves) * windowLeaves, leafCount);
    const held = scratch.heldFrom(this, from);
    if (held < end) {
      const leaves = scratch.take(this, { firstLeaf: from, count: end - from });
      const missing = leaves.subarray((held - from) * leafBytes);
      await fetchLeaves(held, end - held, missing);
      this.#openSegments(held, missing);
      scratch.hold(this, { firstLeaf: from, count: end - from });
    }
    return scratch.view(this, first);
  }

  #openSegments(firstLeaf: number, leaves: Uint8Array): void {
    const { leafCount, shape } = this.#options;
    const opened = this.#opened;
    assert(opened !== undefined, 'segments are opened after the header');
    for (let at = 0; at < leaves.length; at += shape.leafBytes) {
      const leaf = firstLeaf + at / shape.leafBytes;
      const segment = leaves.subarray(at + segmentHead(leaf), at + shape.leafBytes);
      writeNonce(this.#nonce, leaf, leafCount);
      const associated = leaf === 0 ? opened.header : NOTHING;
      if (!opened.gcm.open(this.#nonce, associated, segment)) {
        fail(`leaf ${leaf} of ${leafCount} does not open`, opened.packId);
      }
    }
  }
}

function fail(what: string, packId: PackId | undefined): never {
  throw new KuraError('corrupt', `a pack is damaged: ${what}`, {
    ...(packId === undefined ? {} : { context: { packId } }),
  });
}
