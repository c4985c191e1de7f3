// A pack's body on its way into the receive buffer. It may be as slow as the protocol allows while there is room;
// once others wait for it, whoever dripped bytes in would keep them out for as long as they liked.
import { KuraError, type Transfer, watchTransfer } from '@kura/base';

export interface ArrivingBody {
  readonly sizeBytes: number;
  /** Fills `into`; the last call throws `corrupt` if the bytes are not those of the digest. */
  readInto(into: Uint8Array): Promise<unknown>;
  /** Gives up: a `readInto` that is under way throws. */
  drop(): void;
}

export interface Reading extends Omit<Transfer, 'sizeBytes'> {
  /** As long as the body together. */
  readonly pieces: Iterable<Uint8Array>;
}

/**
 * Nobody writes to the pieces any more when it resolves or throws. Throws what the body throws, `unreachable` if it
 * comes too slowly for those who wait.
 */
export async function readBody(
  body: ArrivingBody,
  { pieces, isWanted, clock }: Reading,
): Promise<void> {
  let isLate = false;
  const disarm = watchTransfer({ sizeBytes: body.sizeBytes, isWanted, clock }, () => {
    isLate = true;
    body.drop();
  });
  try {
    for (const piece of pieces) await body.readInto(piece);
  } catch (cause) {
    if (!isLate) throw cause;
    throw new KuraError('unreachable', 'the body of a pack came too slowly', {
      guidance: 'Others wait for its room: send fewer packs at once, or smaller ones.',
      cause,
    });
  } finally {
    disarm();
  }
}
