// Bodies that are bytes. They are never gathered by this package: a sender gives pieces, a receiver says
// into which memory they go, so that a large body is copied once.

/** What is sent. `sha256`: of the whole, if the sender has it already. */
export type BodySource =
  | { readonly bytes: Uint8Array; readonly sha256?: Uint8Array }
  | {
      readonly sizeBytes: number;
      /** Pieces of any length; a piece may be reused as soon as the next one is asked for. */
      readonly stream: AsyncIterable<Uint8Array>;
      readonly sha256?: Uint8Array;
      /** Aborted: no more of it is sent, and the connection ends in the middle. */
      readonly signal?: AbortSignal;
    };

/** What comes in: a request's body at a server, an answer's at a client. */
export interface IncomingBody {
  /** What the other end said, within the endpoint's limit; exactly so many bytes come, or an error. */
  readonly sizeBytes: number;
  /** SHA-256 that the sender promised; compared by the last `readInto`. */
  readonly sha256: Uint8Array | undefined;
  /**
   * Fills `into`, or as much of it as bytes are left, and resolves to their number. Throws `unreachable` if
   * the other end stops or dawdles, `corrupt` if the bytes are not those of the digest. `onArrived` hears at once
   * how far `into` is filled, again and again; what it throws ends the body and is thrown.
   */
  readInto(into: Uint8Array, onArrived?: (filledBytes: number) => void): Promise<number>;
  /** Gives up: the connection ends. Nothing happens if the body has been read. */
  drop(): void;
}

/** The whole body in memory of its own; it is bounded by its endpoint. */
export async function readWhole(body: IncomingBody): Promise<Uint8Array> {
  const bytes = new Uint8Array(body.sizeBytes);
  await body.readInto(bytes);
  return bytes;
}
