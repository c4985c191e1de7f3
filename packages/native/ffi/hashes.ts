// OpenSSL's hashes inside Node's executable: one message through its interface, several through lanes.
import { assert, KuraError } from '@kura/base';
import { piecesOf } from '../pieces.ts';
import type { Bulk } from '../types.ts';
import { type Ffi, keepOpen, NULL_POINTER } from './library.ts';
import { LANES, Sha256Lanes } from './sha256-lanes.ts';

const HASH_BYTES = 32;

/** An empty view is a null pointer; HMAC takes that for a question about its size. */
const SOMEWHERE = new Uint8Array(1);

const SYMBOLS = {
  EVP_MD_fetch: { arguments: ['pointer', 'pointer', 'pointer'], return: 'pointer' },
  EVP_Digest: {
    arguments: ['pointer', 'u64', 'pointer', 'pointer', 'pointer', 'pointer'],
    return: 'i32',
  },
  HMAC: {
    arguments: ['pointer', 'pointer', 'i32', 'pointer', 'u64', 'pointer', 'pointer'],
    return: 'pointer',
  },
} as const;

type Hashes = Pick<Bulk, 'sha256' | 'hmacSha256' | 'sha256Each' | 'hmacSha256Each'>;

export function openHashes(ffi: Ffi): Hashes {
  const { lib, functions } = ffi.dlopen(null, SYMBOLS);
  keepOpen(lib);
  const { EVP_Digest, HMAC } = functions;
  const algorithm = functions.EVP_MD_fetch(NULL_POINTER, 'SHA256', NULL_POINTER);
  if (algorithm === NULL_POINTER) throw failed('find SHA-256');

  function sha256(input: Uint8Array, into: Uint8Array): void {
    assert(into.length === HASH_BYTES, 'a hash has 32 bytes');
    const size = BigInt(input.length);
    if (EVP_Digest(input, size, into, NULL_POINTER, algorithm, NULL_POINTER) !== 1) {
      throw failed('hash');
    }
  }

  function hmacSha256(key: Uint8Array, input: Uint8Array, into: Uint8Array): void {
    assert(into.length === HASH_BYTES, 'a hash has 32 bytes');
    const size = BigInt(input.length);
    const data = input.length === 0 ? SOMEWHERE : input;
    const done = HMAC(algorithm, key, key.length, data, size, into, NULL_POINTER);
    if (done === NULL_POINTER) throw failed('hash');
  }

  const lanes = Sha256Lanes.open(ffi, sha256);

  return {
    sha256,
    hmacSha256,
    sha256Each(input, pieceBytes, into) {
      const pieces = piecesOf(input, pieceBytes);
      inLanes(pieces, into, {
        one: sha256,
        many: lanes && ((inputs, hashes) => lanes.hash(inputs, hashes)),
      });
    },
    hmacSha256Each(key, inputs, into) {
      inLanes(inputs, into, {
        one: (input, hash) => hmacSha256(key, input, hash),
        many: lanes && ((some, hashes) => lanes.hmac(key, some, hashes)),
      });
    },
  };
}

function failed(what: string): KuraError {
  return new KuraError('unsupported', `OpenSSL refused to ${what}`, {
    guidance: 'The runtime may have been built without this hash; use the pinned Node.',
  });
}

interface Ways {
  readonly one: (input: Uint8Array, into: Uint8Array) => void;
  /** For at most `LANES` inputs; undefined where this runtime has no lanes. */
  readonly many: ((inputs: readonly Uint8Array[], into: Uint8Array) => void) | undefined;
}

/** Lanes work in pairs, and a pair takes as long as its longer message: likes go together. */
function inLanes(inputs: readonly Uint8Array[], into: Uint8Array, { one, many }: Ways): void {
  assert(into.length === inputs.length * HASH_BYTES, 'a hash has 32 bytes');
  if (many === undefined || inputs.length === 1) {
    for (const [index, input] of inputs.entries()) {
      one(input, into.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES));
    }
    return;
  }
  const order = [...inputs.entries()].sort(([, a], [, b]) => b.length - a.length);
  const hashes = new Uint8Array(LANES * HASH_BYTES);
  for (let at = 0; at < order.length; at += LANES) {
    const group = order.slice(at, at + LANES);
    many(
      group.map(([, input]) => input),
      hashes,
    );
    for (const [lane, [index]] of group.entries()) {
      into.set(hashes.subarray(lane * HASH_BYTES, (lane + 1) * HASH_BYTES), index * HASH_BYTES);
    }
  }
}
