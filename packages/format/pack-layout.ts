// Where things lie in a pack: header, leaves, segments, payload; and the nonces of its segments.
// Plain arithmetic shared by writer and reader (docs/design/format.md, "Pack").
import { assert, type NetworkShape } from '@kura/base';

export const HEADER_BYTES = 1280;
export const TAG_BYTES = 16;
export const NONCE_BYTES = 12;
/** Directory length and magic, the last bytes of every payload. */
export const FOOTER_BYTES = 8;
export const FOOTER_MAGIC = 0x6b757261;

/** Payload bytes in one leaf. */
export function segmentBytes(shape: NetworkShape, leaf: number): number {
  const bytes = shape.leafBytes - TAG_BYTES;
  return leaf === 0 ? bytes - HEADER_BYTES : bytes;
}

/** Payload bytes of a whole pack. */
export function payloadCapacity(shape: NetworkShape, leafCount: number): number {
  return leafCount * (shape.leafBytes - TAG_BYTES) - HEADER_BYTES;
}

/** The leaf that holds this byte of the payload. */
export function leafOf(shape: NetworkShape, offset: number): number {
  return Math.floor((offset + HEADER_BYTES) / (shape.leafBytes - TAG_BYTES));
}

/** Where in the payload a leaf's segment begins. */
export function segmentStart(shape: NetworkShape, leaf: number): number {
  return leaf === 0 ? 0 : leaf * (shape.leafBytes - TAG_BYTES) - HEADER_BYTES;
}

/** Where in its leaf a segment begins. */
export function segmentHead(leaf: number): number {
  return leaf === 0 ? HEADER_BYTES : 0;
}

export function isPackSize(shape: NetworkShape, leafCount: number): boolean {
  return shape.packLeaves.includes(leafCount);
}

/** u32 leaf ‖ 7 zero bytes ‖ 1 for the last leaf: a pack cut short never opens as whole. */
export function writeNonce(nonce: Uint8Array, leaf: number, leafCount: number | undefined): void {
  assert(nonce.length === NONCE_BYTES, 'a nonce has 12 bytes');
  nonce[0] = leaf & 255;
  nonce[1] = (leaf >>> 8) & 255;
  nonce[2] = (leaf >>> 16) & 255;
  nonce[3] = leaf >>> 24;
  nonce[11] = leafCount !== undefined && leaf === leafCount - 1 ? 1 : 0;
}
