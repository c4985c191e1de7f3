// One copy on its way to a store on another machine. The body of the call is asked for piece by piece; each
// write hands one over and ends when the connection has taken it. A store that says no says so before the
// first piece; the last byte waits for `finish`, so that what was given up is never whole at the store.
import { assert, type CopyId, KuraError, type MemberId } from '@kura/base';
import type { AcknowledgedCopy, CopyReceiver } from '@kura/contract';
import { STORE_ENDPOINTS } from '@kura/contract/wire/endpoints/store.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';

export interface SendingFields {
  readonly copyId: CopyId;
  /** The name by which the store knows the member. */
  readonly member: MemberId;
  readonly sizeBytes: number;
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly taken: () => void;
}

export class Sending implements CopyReceiver {
  /** Resolves when the store takes the copy in; rejects with why it does not. */
  readonly begun: Promise<void>;
  readonly #answer: Promise<AcknowledgedCopy>;
  readonly #giveUp = new AbortController();
  readonly #sizeBytes: number;
  readonly #queue: Piece[] = [];
  #givenBytes = 0;
  #last: Uint8Array | undefined;
  #isOpen = true;
  #onPiece: (() => void) | undefined;

  constructor(client: EndpointClient, { copyId, member, sizeBytes }: SendingFields) {
    const asked = Promise.withResolvers<void>();
    this.#sizeBytes = sizeBytes;
    this.#answer = client.call(STORE_ENDPOINTS.receiveCopy, {
      params: { copy: copyId },
      query: { member },
      body: { sizeBytes, stream: this.#pieces(asked.resolve) },
      signal: this.#giveUp.signal,
      tries: 1,
    });
    this.begun = Promise.race([asked.promise, this.#answer.then(() => undefined)]);
    // Whoever writes or finishes is told.
    this.#answer.catch(() => undefined);
  }

  async write(outer: Uint8Array): Promise<void> {
    this.#check();
    this.#givenBytes += outer.length;
    if (this.#givenBytes > this.#sizeBytes) {
      this.abort();
      throw new KuraError('refused', 'a copy is longer than was announced');
    }
    const isWhole = this.#givenBytes === this.#sizeBytes && outer.length > 0;
    if (isWhole) this.#last = outer.slice(-1);
    const taken = this.#give(isWhole ? outer.subarray(0, -1) : outer);
    // A call that ended has no more use for this piece: it failed, or the store lost interest.
    await Promise.race([taken, this.#answer]);
  }

  #give(bytes: Uint8Array): Promise<void> {
    const taken = new Promise<void>((resolve) => {
      this.#queue.push({ bytes, taken: resolve });
    });
    this.#onPiece?.();
    return taken;
  }

  async finish(): Promise<AcknowledgedCopy> {
    this.#check();
    this.#isOpen = false;
    if (this.#givenBytes < this.#sizeBytes) {
      this.#giveUp.abort();
      throw new KuraError('refused', 'a copy is shorter than was announced');
    }
    if (this.#last !== undefined) void this.#give(this.#last);
    return this.#answer;
  }

  abort(): void {
    this.#isOpen = false;
    this.#giveUp.abort();
    this.#onPiece?.();
  }

  #check(): void {
    assert(this.#isOpen, 'this copy has been finished or given up');
  }

  /** Asked for a next piece, the connection has taken the one before. */
  async *#pieces(onAsked: () => void): AsyncGenerator<Uint8Array> {
    onAsked();
    for (let sentBytes = 0; sentBytes < this.#sizeBytes; ) {
      const piece = this.#queue.shift();
      if (piece === undefined) {
        if (!this.#isOpen) return; // given up
        await new Promise<void>((resolve) => {
          this.#onPiece = resolve;
        });
        continue;
      }
      yield piece.bytes;
      sentBytes += piece.bytes.length;
      piece.taken();
    }
  }
}
