// What a gateway does about incidents every few seconds: impostors that it met become rows, and under the lease
// whatever is due is asked and judged.
import type { AlarmClock, StoreId } from '@kura/base';
import type { Log } from '@kura/daemon/log.ts';
import { transact } from '@kura/database';
import type { Leases } from '../leases/leases.ts';
import type { Network } from '../network.ts';
import type { IncidentStore } from './ask-store.ts';
import { Impostors } from './impostors.ts';
import { INCIDENTS_LEASE, IncidentDuty } from './incident-duty.ts';

export interface IncidentWorkParts {
  readonly network: Network;
  readonly storeAt: (storeId: StoreId) => IncidentStore | undefined;
  readonly rogueAfter: number;
  readonly log: Log;
  readonly clock: AlarmClock;
}

export class IncidentWork {
  readonly impostors: Impostors;
  readonly #duty: IncidentDuty;

  constructor({ network, storeAt, rogueAfter, log, clock }: IncidentWorkParts) {
    this.impostors = new Impostors({
      transact: (work) => transact(network.database, work),
      nowMs: () => clock.nowMs(),
      rogueAfter,
    });
    this.#duty = new IncidentDuty({
      ...{ network, storeAt, rogueAfter },
      onVerdict: (store, verdict, why) => log.event('warning', 'verdict', { store, verdict, why }),
      onFailure: (store, error) => {
        const why = error instanceof Error ? error.message : String(error);
        log.event('warning', 'a store could not be asked', { store, why });
      },
    });
  }

  async round(leases: Leases): Promise<void> {
    await this.impostors.flush();
    const lease = await leases.take(INCIDENTS_LEASE);
    if (lease !== undefined) await this.#duty.round(lease);
  }
}
