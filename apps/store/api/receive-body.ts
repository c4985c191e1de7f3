// A copy that comes in over a wire: the body is read into two pieces of page-aligned memory in turn, so that the
// shelf works on one while the other fills. Nothing is gathered; what breaks off leaves nothing behind.
import { type CopyId, KuraError, type MemberId, MIB, type NetworkShape } from '@kura/base';
import type { AcknowledgedCopy, StorePort } from '@kura/contract';
import type { PagePool } from '@kura/native';
import type { IncomingBody } from '@kura/wire/body.ts';

/** Of each of the two. Smaller: more calls; larger: memory for every copy on its way in. */
const PIECE_BYTES = MIB;

export interface Receiving {
  readonly store: StorePort;
  readonly shape: NetworkShape;
  readonly copyId: CopyId;
  readonly member: MemberId;
  readonly body: IncomingBody;
  readonly pool: PagePool;
}

/** Throws what the store or the body throws, and `refused` for a size that no pack has. */
export async function receiveBody(receiving: Receiving): Promise<AcknowledgedCopy> {
  const { store, shape, copyId, member, body, pool } = receiving;
  const { leafBytes, packLeaves } = shape;
  if (!packLeaves.some((leaves) => leaves * leafBytes === body.sizeBytes)) {
    throw new KuraError(
      'refused',
      `copy ${copyId} is not taken: no pack has ${body.sizeBytes} bytes`,
    );
  }
  const receiver = await store.receive(copyId, member, body.sizeBytes);
  const pieceBytes = Math.max(1, Math.floor(PIECE_BYTES / leafBytes)) * leafBytes;
  const room = pool.take(2 * pieceBytes);
  let written: Promise<void> = Promise.resolve();
  try {
    for (let at = 0, turn = 0; at < body.sizeBytes; at += pieceBytes, turn = 1 - turn) {
      const count = Math.min(pieceBytes, body.sizeBytes - at);
      const piece = room.subarray(turn * pieceBytes, turn * pieceBytes + count);
      await body.readInto(piece);
      await written;
      written = receiver.write(piece);
      // Looked at one turn later; until then nobody else may call it unhandled.
      written.catch(() => undefined);
    }
    await written;
    const copy = await receiver.finish();
    // Not after a failure: the shelf may still hold what it was handed last.
    pool.give(room);
    return copy;
  } catch (error) {
    receiver.abort();
    throw error;
  }
}
