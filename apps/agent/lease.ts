// A session of this agent that stays alive as long as its work goes on: who does not report for minutes is taken
// for dead, and a prune no longer waits for it.
import type { Clock, SessionId } from '@kura/base';
import type { CoordinatorPort } from '@kura/contract';

/** Far less than a lease lasts, and far more than a call costs. */
const RENEW_MS = 10_000;

export interface LeaseOptions {
  readonly coordinator: Pick<CoordinatorPort, 'renewSession'>;
  readonly session: SessionId;
  readonly clock: Clock;
}

export class Lease {
  readonly #options: LeaseOptions;
  #renewedMs: number;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#renewedMs = options.clock.elapsedMs();
  }

  get isDue(): boolean {
    return this.#options.clock.elapsedMs() - this.#renewedMs >= RENEW_MS;
  }

  /**
   * To be called between pieces of work; mostly nothing is due, and nothing to be waited for. Rejects with
   * `interrupted` if the session was given up meanwhile.
   */
  renewIfDue(): Promise<void> | undefined {
    if (!this.isDue) return undefined;
    const { coordinator, session, clock } = this.#options;
    this.#renewedMs = clock.elapsedMs();
    return coordinator.renewSession(session);
  }
}
