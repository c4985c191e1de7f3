// The acting half of a network under replay: decisions of the planner, carried out over simulated lines, warrants
// brought to the stores, and an operator who approves what waits for one.
import { MINUTE_MS, must, type StoreId } from '@kura/base';
import { decodeWarrant, type StoredCopy } from '@kura/contract';
import { createGateway, MemberCoordinator } from '@kura/coordinator';
import type { NetworkPlan } from '@kura/coordinator/hazards/replay/network-plan.ts';
import { Leases } from '@kura/coordinator/leases/leases.ts';
import type { CarryRequest } from '@kura/coordinator/moves/carry-pack.ts';
import type { Danger } from '@kura/coordinator/moves/danger.ts';
import { MoveCarrier } from '@kura/coordinator/moves/move-carrier.ts';
import { type Considered, MovePlanner } from '@kura/coordinator/moves/move-planner.ts';
import { approveMove } from '@kura/coordinator/moves/orders.ts';
import { dueWarrants, noteObeyed } from '@kura/coordinator/warrants/order.ts';
import type { FoundedReplay } from './found-replay.ts';
import { type LineLog, Lines } from './lines.ts';

const MAX_WARRANTS = 100;
/** How often a line that rests after a transfer that can wait is looked at. */
const REST_MS = MINUTE_MS;

export interface ActorOptions {
  readonly founded: FoundedReplay;
  readonly plan: NetworkPlan;
  readonly log: LineLog;
}

export class Actor {
  readonly #founded: FoundedReplay;
  readonly #plan: NetworkPlan;
  readonly #planner: MovePlanner;
  readonly #carrier: MoveCarrier;
  readonly #lines: Lines;

  constructor({ founded, plan, log }: ActorOptions) {
    const { network, shelves, keys, copyKeys, native } = founded;
    this.#founded = founded;
    this.#plan = plan;
    this.#lines = new Lines(shelves, network.clock, log);
    const leases = new Leases({ database: network.database, holder: 'replay' });
    const factsOf = factsOfStores(founded);
    const { coordinatorSeed } = keys;
    this.#planner = new MovePlanner({ network, leases, coordinatorSeed, factsOf });
    this.#carrier = new MoveCarrier({
      ...{ network, leases, stores: shelves, keys: copyKeys, native },
      acknowledge: async (storeId, { copyId }) =>
        must(shelves.get(storeId), 'a store that answers').acknowledge(copyId),
      carry: (request) => this.#carry(request),
    });
  }

  /** What is due now at lines and stores. True if a transfer came to its end. */
  async advance(): Promise<boolean> {
    const hasEnded = await this.#lines.advance();
    await this.#settled();
    return hasEnded;
  }

  /** Decides about this danger, and lets run what may. */
  async act(danger: Danger): Promise<Considered> {
    await this.#approve();
    const considered = must(await this.#planner.consider(danger), 'nobody else plans here');
    await this.#carrier.round();
    await this.#settled();
    await this.#planner.round();
    await this.#bringWarrants();
    await this.#planner.round();
    await this.#lines.advance();
    return considered;
  }

  /** When something becomes due by itself; infinite if nothing will. */
  async nextMs(): Promise<number> {
    const nowMs = this.#nowMs;
    const { database } = this.#founded.network;
    const soonest = await database.kysely
      .selectFrom('move_packs')
      .select((all) => all.fn.min('next_ms').as('next'))
      .where('next_ms', '>', nowMs)
      // Whether a copy is one too many can wait for the next hour.
      .where('step', '!=', 'settle')
      .executeTakeFirst();
    const waiting = await database.kysely
      .selectFrom('move_packs')
      .innerJoin('moves', 'moves.move_id', 'move_packs.move_id')
      .select('move_packs.move_id')
      .where('step', '=', 'wait')
      .where('state', 'in', ['planned', 'running'])
      .limit(1)
      .executeTakeFirst();
    return Math.min(
      this.#lines.nextMs(),
      soonest?.next ?? Number.POSITIVE_INFINITY,
      waiting === undefined || this.#lines.isBusy ? Number.POSITIVE_INFINITY : nowMs + REST_MS,
      await this.#approvalMs(),
    );
  }

  get #nowMs(): number {
    return this.#founded.network.clock.nowMs();
  }

  /** Everything is written down but what is on the lines. */
  async #settled(): Promise<void> {
    await this.#carrier.settled();
  }

  #carry({ memberId, pack, from, to, reason, sizeBytes }: CarryRequest): Promise<StoredCopy> {
    const { network, shelves, copyKeys, native } = this.#founded;
    const make = async (): Promise<StoredCopy> => {
      const description = await new MemberCoordinator({ network, memberId }).describe();
      const gateway = createGateway({
        ...{ network: description, stores: shelves, keys: copyKeys, native },
        hashing: 'gateway',
      });
      return gateway.replicate({ pack, from, to, reason });
    };
    return this.#lines.carry({ memberId, packId: pack.packId, from, to, sizeBytes, make });
  }

  // ── The operator ────────────────────────────────────────────────────────────────────────────────

  async #waitingForApproval() {
    return this.#founded.network.database.kysely
      .selectFrom('moves')
      .select(['move_id', 'made_ms'])
      .where('state', '=', 'approval')
      .execute();
  }

  #approvedAtMs(madeMs: number): number {
    const { approvesAfterMinutes } = this.#plan;
    return madeMs + (approvesAfterMinutes ?? Number.POSITIVE_INFINITY) * MINUTE_MS;
  }

  async #approvalMs(): Promise<number> {
    const waiting = await this.#waitingForApproval();
    return Math.min(
      Number.POSITIVE_INFINITY,
      ...waiting.map(({ made_ms: madeMs }) => this.#approvedAtMs(madeMs)),
    );
  }

  async #approve(): Promise<void> {
    const { database } = this.#founded.network;
    for (const { move_id: moveId, made_ms: madeMs } of await this.#waitingForApproval()) {
      if (this.#approvedAtMs(madeMs) > this.#nowMs) continue;
      const order = { word: 'the operator of the replay', nowMs: this.#nowMs };
      await database.transact((rows) => approveMove(rows, moveId, order));
    }
  }

  // ── Warrants ────────────────────────────────────────────────────────────────────────────────────

  /** As a gateway brings them: each store checks for itself. */
  async #bringWarrants(): Promise<void> {
    const { network, shelves } = this.#founded;
    const { database } = network;
    for (const { storeId } of shelves.all) {
      const store = shelves.get(storeId);
      if (store === undefined) continue;
      const due = { storeId, nowMs: this.#nowMs, limit: MAX_WARRANTS };
      for (const { warrantId, body } of await database.read((rows) => dueWarrants(rows, due))) {
        await store.remove(decodeWarrant(body));
        await database.transact((rows) => noteObeyed(rows, warrantId));
      }
    }
  }
}

/** What is known of a store beyond its row. */
export function factsOfStores({ shelves, facts }: FoundedReplay) {
  return (storeId: StoreId) => facts.get(shelves.shelf(storeId).site) ?? {};
}
