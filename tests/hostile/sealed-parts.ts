// The inside of a pack, with the member's own key: taken out of the encryption and put back changed. What a
// hostile device of the member could make; the writer of the product never would.
import type { NetworkShape } from '@kura/base';
import { decodeHeader, HEADER_BYTES, openHeader, writeNonce } from '@kura/format';
import { bulk, member } from '@kura/format/pack-fixtures.ts';

const TAG_BYTES = 16;
const NONCE_BYTES = 12;

export interface SealedParts {
  readonly key: Uint8Array;
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
  readonly leafCount: number;
}

function headOf(leaf: number): number {
  return leaf === 0 ? HEADER_BYTES : 0;
}

export function sealedPartsOf(sealed: Uint8Array, shape: NetworkShape): SealedParts {
  const leaves = sealed.slice();
  const header = leaves.slice(0, HEADER_BYTES);
  decodeHeader(header);
  const { key } = openHeader(leaves, member);
  const leafCount = sealed.length / shape.leafBytes;
  const gcm = bulk.gcm(key);
  const parts: Uint8Array[] = [];
  for (let leaf = 0; leaf < leafCount; leaf++) {
    const from = leaf * shape.leafBytes + headOf(leaf);
    const segment = leaves.subarray(from, (leaf + 1) * shape.leafBytes);
    const nonce = new Uint8Array(NONCE_BYTES);
    writeNonce(nonce, leaf, leafCount);
    gcm.open(nonce, leaf === 0 ? header : new Uint8Array(0), segment);
    parts.push(segment.subarray(0, segment.length - TAG_BYTES));
  }
  gcm.free();
  return { key, header, payload: new Uint8Array(Buffer.concat(parts)), leafCount };
}

/** Any header and any payload, cut or filled up to the pack's size. */
export function sealAnything(parts: SealedParts, shape: NetworkShape): Uint8Array {
  const { key, payload, leafCount } = parts;
  const header = new Uint8Array(HEADER_BYTES);
  header.set(parts.header.subarray(0, HEADER_BYTES));
  const sealed = new Uint8Array(leafCount * shape.leafBytes);
  sealed.set(header);
  const gcm = bulk.gcm(key);
  let at = 0;
  for (let leaf = 0; leaf < leafCount; leaf++) {
    const from = leaf * shape.leafBytes + headOf(leaf);
    const segment = sealed.subarray(from, (leaf + 1) * shape.leafBytes);
    segment.set(payload.subarray(at, at + segment.length - TAG_BYTES));
    at += segment.length - TAG_BYTES;
    const nonce = new Uint8Array(NONCE_BYTES);
    writeNonce(nonce, leaf, leafCount);
    gcm.seal(nonce, leaf === 0 ? header : new Uint8Array(0), segment);
  }
  gcm.free();
  return sealed;
}
