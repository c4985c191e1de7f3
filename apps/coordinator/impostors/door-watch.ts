// The watch over the door of one program: what its edge turns away is counted, and every few seconds noted.
import { type Clock, SECOND_MS } from '@kura/base';
import type { Log } from '@kura/daemon/log.ts';
import type { Metrics } from '@kura/daemon/metrics.ts';
import { edgeLog } from '@kura/daemon/request-log.ts';
import { transact } from '@kura/database';
import type { RequestFacts } from '@kura/wire/server/edge.ts';
import type { Network } from '../network.ts';
import { DoorBook } from './door-book.ts';
import { noteKnocks } from './note-knocks.ts';

/** A program that dies loses so much of the count. */
export const IMPOSTORS_MS = 5 * SECOND_MS;

export interface DoorWatchParts {
  readonly network: Network;
  readonly impostorsAfter: number;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

export class DoorWatch {
  readonly #parts: DoorWatchParts;
  readonly #book: DoorBook;

  constructor(parts: DoorWatchParts) {
    this.#parts = parts;
    const turnedAway = parts.metrics.counter('kura_impostors_total');
    this.#book = new DoorBook({
      nowMs: () => parts.clock.nowMs(),
      onKnock: (reason) => turnedAway.add(1, { reason }),
    });
  }

  /** For an edge: its log, and this count. */
  edge(): ReturnType<typeof edgeLog> {
    const told = edgeLog(this.#parts.log, this.#parts.metrics);
    return {
      ...told,
      onRequest: (facts: RequestFacts) => {
        told.onRequest(facts);
        this.#book.see(facts);
      },
    };
  }

  async flush(): Promise<void> {
    const { network, log, clock, impostorsAfter } = this.#parts;
    const knocks = this.#book.take();
    if (knocks.length === 0) return;
    const noting = { nowMs: clock.nowMs(), impostorsAfter };
    const opened = await transact(network.database, (rows) => noteKnocks(rows, knocks, noting));
    for (const { kind, subject, calls } of opened) {
      log.event('warning', 'impostors', { [kind]: subject, count: calls });
    }
  }
}
