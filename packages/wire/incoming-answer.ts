// What whoever reads an answer or a request needs of it: Node's own message is one, and so is what `client/direct/`
// reads from a connection itself.
import type { Duplex } from 'node:stream';

export interface IncomingPieces {
  /** Every byte of it has come in. */
  readonly complete: boolean;
  /** Whose memory pieces are, if they are nobody else's; see `spent-memory.ts`. */
  readonly socket?: Duplex | null;
  /** Pieces may lie in memory that is used again once the listener has returned, and must be copied. */
  on(event: 'data', listener: (piece: Uint8Array) => void): unknown;
  once(event: 'error' | 'close', listener: (cause?: unknown) => void): unknown;
  pause(): unknown;
  resume(): unknown;
  /** The connection ends unless all of it has been read. */
  destroy(): unknown;
}

export interface IncomingAnswer extends IncomingPieces {
  readonly statusCode?: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}
