// Many hashes at once. SHA-256 waits for its own last step most of the time; OpenSSL's multi-block routine
// (crypto/sha/asm/sha256-mb-x86_64.pl, made for TLS records) fills the wait with another message: 1.7 times the
// bytes per second on processors with SHA instructions, more with AVX2 alone. It is not part of OpenSSL's
// interface, so it is used only where it is there and gives the answers of the interface (decision 0014).
import { assert, equalBytes } from '@kura/base';
import { type Ffi, keepOpen } from './library.ts';

const BLOCK_BYTES = 64;
const HASH_BYTES = 32;
const HASH_WORDS = HASH_BYTES / 4;
/** Messages that the routine takes at once. It stops at the first pair without blocks: the longest go first. */
export const LANES = 8;
/** In the count of the routine: groups of four. */
const LANE_GROUPS = 2;
/** One lane's descriptor: a pointer, a count of blocks, four bytes of nothing. */
const DESCRIPTOR_BYTES = 16;
/** What is left of a message, a one bit, zeros and the length: two blocks at the most. */
const TAIL_BYTES = 2 * BLOCK_BYTES;
const LENGTH_BYTES = 8;

/** FIPS 180-4, 5.3.3. */
const INITIAL_STATE = Uint32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);

const SYMBOLS = {
  sha256_multi_block: { arguments: ['pointer', 'pointer', 'i32'], return: 'void' },
} as const;

function bind(ffi: Ffi) {
  try {
    const { lib, functions } = ffi.dlopen(null, SYMBOLS);
    keepOpen(lib);
    return functions.sha256_multi_block;
  } catch {
    return undefined; // another processor, or OpenSSL without assembler
  }
}

/** HMAC's states after the block of its key (RFC 2104). */
interface KeyedStates {
  readonly key: Uint8Array;
  readonly inner: Uint32Array;
  readonly outer: Uint32Array;
}

export class Sha256Lanes {
  readonly #ffi: Ffi;
  readonly #run: NonNullable<ReturnType<typeof bind>>;
  /** Word `w` of lane `l` stands at `w * LANES + l`. */
  readonly #states = new Uint32Array(LANES * HASH_WORDS);
  readonly #descriptors = new DataView(new ArrayBuffer(LANES * DESCRIPTOR_BYTES));
  readonly #descriptorBytes = new Uint8Array(this.#descriptors.buffer);
  readonly #tails = new Uint8Array(LANES * TAIL_BYTES);
  readonly #tailView = new DataView(this.#tails.buffer);
  #keyed: KeyedStates | undefined;

  private constructor(ffi: Ffi, run: NonNullable<ReturnType<typeof bind>>) {
    this.#ffi = ffi;
    this.#run = run;
  }

  /** Undefined where this runtime has no such routine, or one that answers differently from `sha256`. */
  static open(
    ffi: Ffi,
    sha256: (input: Uint8Array, into: Uint8Array) => void,
  ): Sha256Lanes | undefined {
    const run = bind(ffi);
    if (run === undefined) return undefined;
    const lanes = new Sha256Lanes(ffi, run);
    return lanes.#agreesWith(sha256) ? lanes : undefined;
  }

  /** All lanes busy, with lengths on both sides of every edge. */
  #agreesWith(sha256: (input: Uint8Array, into: Uint8Array) => void): boolean {
    const sample = new Uint8Array(5 * BLOCK_BYTES).map((_, index) => index * 7);
    const inputs = [320, 200, 119, 64, 56, 55, 1, 0].map((length) => sample.subarray(0, length));
    const got = new Uint8Array(LANES * HASH_BYTES);
    this.hash(inputs, got);
    const wanted = new Uint8Array(HASH_BYTES);
    return inputs.every((input, lane) => {
      sha256(input, wanted);
      return wanted.every((byte, index) => got[lane * HASH_BYTES + index] === byte);
    });
  }

  /** At most `LANES` inputs, the longest first; 32 bytes each to `into`. */
  hash(inputs: readonly Uint8Array[], into: Uint8Array): void {
    this.#begin(inputs, INITIAL_STATE);
    this.#consume(inputs, 0);
    for (let lane = 0; lane < inputs.length; lane++) this.#copyOut(lane, into, lane * HASH_BYTES);
  }

  /** HMAC-SHA-256 of at most `LANES` inputs, the longest first, under one key of at most 64 bytes. */
  hmac(key: Uint8Array, inputs: readonly Uint8Array[], into: Uint8Array): void {
    const { inner, outer } = this.#statesOf(key);
    this.#begin(inputs, inner);
    this.#consume(inputs, BLOCK_BYTES);
    for (let lane = 0; lane < inputs.length; lane++) {
      this.#copyOut(lane, this.#tails, lane * TAIL_BYTES);
      this.#closeTail(lane, { messageBytes: BLOCK_BYTES + HASH_BYTES, tailBytes: HASH_BYTES });
    }
    this.#begin(inputs, outer);
    this.#runTails(inputs.map(() => 1));
    for (let lane = 0; lane < inputs.length; lane++) this.#copyOut(lane, into, lane * HASH_BYTES);
  }

  #begin(inputs: readonly Uint8Array[], state: Uint32Array): void {
    assert(inputs.length > 0 && inputs.length <= LANES, 'as many messages as there are lanes');
    for (let word = 0; word < HASH_WORDS; word++) {
      this.#states.fill(state[word] ?? 0, word * LANES, (word + 1) * LANES);
    }
  }

  /** Whole blocks where they lie, then what is left of each with its padding. */
  #consume(inputs: readonly Uint8Array[], bytesBefore: number): void {
    const tailBlocks: number[] = [];
    this.#descriptorBytes.fill(0);
    let longest = Number.POSITIVE_INFINITY;
    for (const [lane, input] of inputs.entries()) {
      assert(input.length <= longest, 'the longest messages go first');
      longest = input.length;
      const blocks = Math.floor(input.length / BLOCK_BYTES);
      const tailBytes = input.length - blocks * BLOCK_BYTES;
      this.#describe(lane, this.#ffi.getRawPointer(input), blocks);
      this.#tails.set(input.subarray(blocks * BLOCK_BYTES), lane * TAIL_BYTES);
      const messageBytes = bytesBefore + input.length;
      tailBlocks.push(this.#closeTail(lane, { messageBytes, tailBytes }));
    }
    this.#compress();
    this.#runTails(tailBlocks);
  }

  /** Returns the tail's blocks. */
  #closeTail(
    lane: number,
    { messageBytes, tailBytes }: { readonly messageBytes: number; readonly tailBytes: number },
  ): number {
    const blocks = tailBytes + 1 + LENGTH_BYTES <= BLOCK_BYTES ? 1 : 2;
    const start = lane * TAIL_BYTES;
    const end = start + blocks * BLOCK_BYTES;
    this.#tails[start + tailBytes] = 0x80;
    this.#tails.fill(0, start + tailBytes + 1, end - LENGTH_BYTES);
    this.#tailView.setBigUint64(end - LENGTH_BYTES, BigInt(messageBytes) * 8n);
    return blocks;
  }

  #runTails(blocks: readonly number[]): void {
    const address = this.#ffi.getRawPointer(this.#tails);
    this.#descriptorBytes.fill(0);
    for (const [lane, count] of blocks.entries()) {
      this.#describe(lane, address + BigInt(lane * TAIL_BYTES), count);
    }
    this.#compress();
  }

  #describe(lane: number, address: bigint, blocks: number): void {
    this.#descriptors.setBigUint64(lane * DESCRIPTOR_BYTES, address, true);
    this.#descriptors.setInt32(lane * DESCRIPTOR_BYTES + 8, blocks, true);
  }

  #compress(): void {
    this.#run(this.#states, this.#descriptorBytes, LANE_GROUPS);
  }

  #copyOut(lane: number, into: Uint8Array, at: number): void {
    for (let word = 0; word < HASH_WORDS; word++) {
      const value = this.#states[word * LANES + lane] ?? 0;
      into[at + 4 * word] = value >>> 24;
      into[at + 4 * word + 1] = value >>> 16;
      into[at + 4 * word + 2] = value >>> 8;
      into[at + 4 * word + 3] = value;
    }
  }

  #statesOf(key: Uint8Array): KeyedStates {
    if (this.#keyed !== undefined && equalBytes(this.#keyed.key, key)) return this.#keyed;
    assert(key.length <= BLOCK_BYTES, 'a key of more than a block');
    const keyed = {
      key: key.slice(),
      inner: this.#keyState(key, 0x36),
      outer: this.#keyState(key, 0x5c),
    };
    this.#keyed = keyed;
    return keyed;
  }

  #keyState(key: Uint8Array, pad: number): Uint32Array {
    const block = new Uint8Array(BLOCK_BYTES).fill(pad);
    for (const [index, byte] of key.entries()) block[index] = byte ^ pad;
    this.#begin([block], INITIAL_STATE);
    this.#tails.set(block);
    this.#runTails([1]);
    return INITIAL_STATE.map((_, word) => this.#states[word * LANES] ?? 0);
  }
}
