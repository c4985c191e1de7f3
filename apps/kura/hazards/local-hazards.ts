// The port of hazards over the tables of an embedded network, and the one thing that only its owner can do: to ask the
// feeds now. No passphrase is needed: nothing here is sealed.
import { homePaths } from '@kura/agent/home.ts';
import { type AlarmClock, KuraError, SECOND_MS, systemRandom, toHex } from '@kura/base';
import type { Rows } from '@kura/coordinator/db/tables.ts';
import { viewEvent, viewEvents } from '@kura/coordinator/hazards/look/view-events.ts';
import { viewMoveRows } from '@kura/coordinator/hazards/look/view-moves.ts';
import { viewFeeds, viewPredictions, viewRisk } from '@kura/coordinator/hazards/look/view-risk.ts';
import { whatIf } from '@kura/coordinator/hazards/look/what-if.ts';
import { openWatch, type WatchSettings } from '@kura/coordinator/hazards/watch/open-watch.ts';
import { Leases } from '@kura/coordinator/leases/leases.ts';
import type { Network } from '@kura/coordinator/network.ts';
import { openNetworkTables } from '@kura/coordinator/open.ts';
import type { Log } from '@kura/daemon';
import type { EventsAsked, HazardsPort, MovesAsked, RiskAsked } from './port.ts';

const HOLDER_BYTES = 16;
/** Every feed has an end to waiting; this is longer than all of them together. */
const PATIENCE_MS = 600 * SECOND_MS;

export class LocalHazards implements HazardsPort {
  readonly #network: Network;
  readonly #clock: AlarmClock;

  private constructor(network: Network, clock: AlarmClock) {
    this.#network = network;
    this.#clock = clock;
  }

  /** Throws `no_network` if none is in this home. */
  static async open(homeFolder: string, clock: AlarmClock): Promise<LocalHazards> {
    const { database } = homePaths(homeFolder);
    return new LocalHazards(
      await openNetworkTables({ database, clock, random: systemRandom }),
      clock,
    );
  }

  close(): void {
    this.#network.close();
  }

  events(asked: EventsAsked): ReturnType<HazardsPort['events']> {
    return this.#read((rows) => viewEvents(rows, { ...asked, nowMs: this.#clock.nowMs() }));
  }

  event(id: string): ReturnType<HazardsPort['event']> {
    return this.#read((rows) => viewEvent(rows, { id, nowMs: this.#clock.nowMs() }));
  }

  tables(asked: RiskAsked): ReturnType<HazardsPort['tables']> {
    return this.#read((rows) => viewRisk(rows, { ...asked, nowMs: this.#clock.nowMs() }));
  }

  feeds(): ReturnType<HazardsPort['feeds']> {
    return this.#read((rows) => viewFeeds(rows, this.#clock.nowMs()));
  }

  predictions(): ReturnType<HazardsPort['predictions']> {
    return this.#read(viewPredictions);
  }

  moves(asked: MovesAsked): ReturnType<HazardsPort['moves']> {
    return this.#read((rows) => viewMoveRows(rows, asked));
  }

  whatIf(scenario: string): ReturnType<HazardsPort['whatIf']> {
    return whatIf(this.#network, { scenario });
  }

  /** Asks every feed once, if its time has come. Throws `busy` while somebody else does. */
  async update(settings: WatchSettings, log: Log): Promise<void> {
    const holder = toHex(systemRandom.bytes(HOLDER_BYTES));
    const leases = new Leases({ database: this.#network.database, holder });
    const lease = await leases.take('hazards');
    if (lease === undefined) {
      throw new KuraError('busy', 'another process is asking the feeds', {
        guidance: 'Try again in half a minute.',
      });
    }
    const open = openWatch(settings, { network: this.#network, clock: this.#clock, log });
    try {
      await open.watch.step(lease, PATIENCE_MS);
    } finally {
      await open.close();
      await leases.giveBack();
    }
  }

  #read<Result>(work: (rows: Rows) => Promise<Result>): Promise<Result> {
    return this.#network.database.read(work);
  }
}
