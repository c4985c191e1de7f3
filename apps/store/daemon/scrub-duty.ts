// The store's own check as a part of its program: where it stands is kept in the state folder, what it finds is
// logged and counted, and told to the coordinator with heartbeats.
import { DAY_MS, GIB, MIB, SECOND_MS } from '@kura/base';
import type { StoreConfig } from '@kura/daemon';
import { ROUND_MS } from '../scrub/pace.ts';
import { decodeScrubState, encodeScrubState } from '../scrub/scrub-state.ts';
import { Scrubber } from '../scrub/scrubber.ts';
import { SelfReport } from '../scrub/self-report.ts';
import type { OpenedShelf } from './shelves.ts';
import type { StateFolder } from './state-folder.ts';
import type { StoreSurroundings } from './surroundings.ts';

export interface ScrubDutyParts {
  readonly config: Pick<StoreConfig, 'limits' | 'store'>;
  readonly opened: OpenedShelf;
  readonly state: StateFolder;
}

export class ScrubDuty {
  readonly #scrubber: Scrubber;
  readonly report: SelfReport;

  constructor({ config, opened, state }: ScrubDutyParts, surroundings: StoreSurroundings) {
    const { clock, log, metrics } = surroundings;
    const { keeper, record, seed, findings } = opened;
    const { storeId } = record.identity;
    const copies = metrics.counter('kura_scrub_copies_total');
    const round = metrics.gauge('kura_scrub_whole_round_seconds');
    const errors = metrics.gauge('kura_medium_errors');
    const bytesPerSecond = config.limits.scrubMibS * MIB;
    this.#scrubber = new Scrubber({
      keeper,
      leafBytes: record.shape.leafBytes,
      bytesPerSecond,
      clock,
      state: decodeScrubState(state.read('scrub')),
      save: async (reached) => {
        await state.replace('scrub', encodeScrubState(reached));
        round.set(reached.wholeRoundMs / SECOND_MS);
        errors.set(await findings.mediumErrors(clock.nowMs()));
      },
      onChecked: ({ copyId, state: found, badLeaves }) => {
        copies.add(1, { state: found });
        if (found === 'intact' || found === 'missing') return;
        const level = found === 'damaged' ? 'error' : 'warning';
        log.event(level, `a copy was ${found}`, { copy: copyId, leaves: badLeaves.length });
      },
      onFailure: ({ code, message: why }, copyId) => {
        const copy = copyId === undefined ? {} : { copy: copyId };
        log.event('warning', 'the store could not be checked', { ...copy, code, why });
      },
    });
    this.report = new SelfReport({
      ...{ storeId, seed, findings, clock },
      state: () => this.#scrubber.state,
    });
    const days =
      (config.store.capacityGib * GIB) / Math.max(1, bytesPerSecond) / (DAY_MS / SECOND_MS);
    if (bytesPerSecond > 0 && days > ROUND_MS / DAY_MS) {
      log.event('warning', 'the limit of the own check is too low for this store', {
        days: Math.ceil(days),
      });
    }
  }

  start(): void {
    this.#scrubber.start();
  }

  stop(): Promise<void> {
    return this.#scrubber.stop();
  }
}
