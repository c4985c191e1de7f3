// Equal parts of a buffer.
import { assert } from '@kura/base';

/** Views, in order. */
export function piecesOf(input: Uint8Array, pieceBytes: number): Uint8Array[] {
  assert(pieceBytes > 0 && input.length % pieceBytes === 0, 'whole pieces');
  return Array.from({ length: input.length / pieceBytes }, (_, index) =>
    input.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  );
}
