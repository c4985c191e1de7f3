// Memory of pieces that have been copied on. What TLS decrypts comes in pieces of 16 KiB, each in memory of its own
// outside of the heap, which its small object keeps until a full garbage collection: a process that receives a
// gigabyte would collect two hundred times and spend half of its time there. So each piece is freed by hand.
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** Smaller ones are rare and may share memory that Node cuts many pieces from. */
const SMALLEST_BYTES = 1024;

export class SpentMemory {
  #last: Uint8Array | undefined;

  /**
   * Nobody reads `piece` any more once this stack has ended. It is freed with the next call: until then the parser
   * that cut it out may still look at it. Views of a part of some memory are left alone.
   */
  note(piece: Uint8Array): void {
    const last = this.#last;
    this.#last = piece;
    if (last === undefined || last.length < SMALLEST_BYTES) return;
    const { buffer } = last;
    if (buffer instanceof ArrayBuffer && buffer.byteLength === last.length) buffer.transfer(0);
  }
}

/** Undefined for a stream that hands on memory of others: only what was decrypted is nobody else's. */
export function spentMemoryOf(socket: Duplex | null | undefined): SpentMemory | undefined {
  return socket instanceof TLSSocket ? new SpentMemory() : undefined;
}
