// An answer that comes before the request has been read to its end: what is still coming is taken and thrown away
// for a moment, because closing at once would destroy the answer on its way.
import type { IncomingMessage } from 'node:http';
import { type AlarmClock, MIB, SECOND_MS } from '@kura/base';

/** Less, and a sender on a fast line does not see why it was refused. More is a gift to whoever floods. */
const MAX_BYTES = 4 * MIB;
const MAX_MS = 2 * SECOND_MS;

export function linger(message: IncomingMessage, clock: AlarmClock): Promise<void> {
  if (message.destroyed || message.complete) return Promise.resolve();
  return new Promise((resolve) => {
    let taken = 0;
    const done = (): void => {
      disarm();
      resolve();
    };
    const disarm = clock.after(MAX_MS, done);
    message.once('close', done);
    message.once('end', done);
    message.removeAllListeners('data');
    message.on('data', (piece: Uint8Array) => {
      taken += piece.length;
      if (taken > MAX_BYTES) done();
    });
    message.resume();
  });
}
