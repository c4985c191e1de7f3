// A pack's body on its way into the receive buffer. It may be as slow as the protocol allows while there is room;
// once others wait for it, whoever dripped bytes in would keep them out for as long as they liked.
import { type AlarmClock, KIB, KuraError, MINUTE_MS, SECOND_MS } from '@kura/base';

/** For the beginning of a body, whatever its length. Shorter: a line that stalls for a moment begins anew. */
const GRACE_MS = MINUTE_MS;
/** Less, and 16 MiB of the buffer are held for hours; more, and few lines send several packs at once. */
const LEAST_BYTES_PER_S = 64 * KIB;
/** After its time: whether somebody waits by now. */
const LOOK_MS = 10 * SECOND_MS;

export interface ArrivingBody {
  readonly sizeBytes: number;
  /** Fills `into`; the last call throws `corrupt` if the bytes are not those of the digest. */
  readInto(into: Uint8Array): Promise<unknown>;
  /** Gives up: a `readInto` that is under way throws. */
  drop(): void;
}

export interface Reading {
  /** As long as the body together. */
  readonly pieces: Iterable<Uint8Array>;
  /** Somebody else could go on with the memory that this body holds. */
  readonly isWanted: () => boolean;
  readonly clock: AlarmClock;
}

/**
 * Nobody writes to the pieces any more when it resolves or throws. Throws what the body throws, `unreachable` if it
 * comes too slowly for those who wait.
 */
export async function readBody(
  body: ArrivingBody,
  { pieces, isWanted, clock }: Reading,
): Promise<void> {
  const mostMs = GRACE_MS + (body.sizeBytes / LEAST_BYTES_PER_S) * SECOND_MS;
  let isLate = false;
  const look = (): void => {
    isLate = isWanted();
    if (isLate) body.drop();
    else disarm = clock.after(LOOK_MS, look);
  };
  let disarm = clock.after(mostMs, look);
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
