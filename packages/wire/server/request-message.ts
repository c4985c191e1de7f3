// A request as Node's parser fills it. Pieces of a body go straight to whoever reads it: a stream would count each
// record of 16 KiB, and look in a turn of its own whether it should ask for more, which costs as much as copying it.
// What comes while nobody reads, and the end, go through the stream as ever, so order and holding back stay Node's.
import type { IncomingMessage } from 'node:http';
import { http } from '../node-http.ts';

const Incoming: typeof IncomingMessage = http.IncomingMessage;

export class RequestMessage extends Incoming {
  /** What the parser calls for each piece; false: it asks its connection for nothing more. */
  override push(piece: unknown, encoding?: BufferEncoding): boolean {
    const isAwaited = this.readableFlowing === true && this.readableLength === 0;
    if (piece === null || !isAwaited || this.listenerCount('data') === 0) {
      return super.push(piece, encoding);
    }
    this.emit('data', piece);
    return this.readableFlowing === true;
  }

  /** The stream believes that it has asked already: it has not heard of what went past it. */
  override resume(): this {
    super.resume();
    if (!this.complete && !this.destroyed) this._read(0);
    return this;
  }
}
