// Decides about moves and writes them down: what has to be added, what is not wanted any more, which copy may go. It
// touches tables only, under the lease `plans`; bytes are the carrier's. It signs retirements, so it has the
// coordinator's key.
import { type MemberId, MINUTE_MS, must, type Random, type StoreId } from '@kura/base';
import type { MovesTable } from '../db/move-tables.ts';
import type { CoordinatorDatabase, Rows } from '../db/tables.ts';
import { RiskPictures } from '../hazards/risk/risk-pictures.ts';
import type { SiteFacts } from '../hazards/risk/sites.ts';
import type { Lease, Leases } from '../leases/leases.ts';
import type { Network } from '../network.ts';
import { changeMark } from './change-mark.ts';
import type { Danger } from './danger.ts';
import { type Decision, noteDecisions } from './decisions.ts';
import type { Knowledge } from './judge-surplus.ts';
import { type Outlook, readOutlook, sitesOf, worldOf } from './outlook.ts';
import { planNow } from './plan-now.ts';
import { releaseWaiting } from './release.ts';
import { settle } from './settle.ts';
import { noteRemovals, signRetirements } from './sign-retirement.ts';
import { dropUnwanted } from './unwanted.ts';
import { newMoveId, writePlan } from './write-plan.ts';

/** Makes stores know a member whose copies may come to them before the member is there again. */
export type AdmitMember = (rows: Rows, memberId: MemberId, nowMs: number) => Promise<void>;

export interface MovePlannerParts {
  readonly network: Network;
  readonly leases: Leases;
  /** Ed25519 seed: signs retirements. */
  readonly coordinatorSeed: Uint8Array;
  /** Absent: stores take what this process brings, whoever's it is. */
  readonly admit?: AdmitMember;
  /** What is known of a store beyond its row. */
  readonly factsOf?: ((storeId: StoreId) => SiteFacts) | undefined;
}

export interface Considered {
  /** Moves that were written down. */
  readonly moves: readonly MovesTable[];
  /** What could go nowhere, with the reason. */
  readonly unplaced: readonly { readonly packs: number; readonly reason: string }[];
  readonly dropped: number;
}

const LEASE = 'plans';
/** Dangers fade, and free space changes, without any row that says so. */
const LONGEST_MS = 5 * MINUTE_MS;
/** A large network that members save into all the time is not planned anew all the time. */
const REST_FACTOR = 20;
/** Of one round: others have their turn at the tables in between. */
const MAX_BATCHES = 20;

export class MovePlanner {
  readonly #parts: MovePlannerParts;
  readonly #pictures = new RiskPictures();
  #last: Knowledge | undefined;
  #mark = '';
  /** The last time that all was planned anew. */
  #tookMs = 0;
  /** What was said about packs that can go nowhere: once, as long as it stays true. */
  #unplaced = new Set<string>();

  constructor(parts: MovePlannerParts) {
    this.#parts = parts;
  }

  /** Plans anew, now. Resolves to undefined if another program is at it. */
  async consider(danger: Danger): Promise<Considered | undefined> {
    const lease = await this.#parts.leases.take(LEASE);
    if (lease === undefined) return undefined;
    let knowledge = await this.#look(danger);
    const dropped = await lease.transact((rows) => dropUnwanted(rows, knowledge));
    if (dropped > 0) knowledge = await this.#look(danger);
    this.#last = knowledge;
    const considered = await this.#plan(lease, knowledge);
    await this.#settle(lease, knowledge);
    return { ...considered, dropped };
  }

  /** Retirements go on, with what was known at the last `consider`; nothing before the first. */
  async round(): Promise<void> {
    if (this.#last === undefined) return;
    const lease = await this.#parts.leases.take(LEASE);
    if (lease !== undefined) await this.#settle(lease, this.#last);
  }

  /** To be called now and then: plans anew if something has changed since, or a while has passed; else as `round`. */
  async keepUp(readDanger: () => Promise<Danger>): Promise<void> {
    const lease = await this.#parts.leases.take(LEASE);
    if (lease === undefined) return;
    const nowMs = this.#parts.network.clock.nowMs();
    const mark = await this.#database.read(changeMark);
    const last = this.#last;
    const ageMs = last === undefined ? Number.POSITIVE_INFINITY : nowMs - last.danger.atMs;
    const isDue = mark !== this.#mark && ageMs >= REST_FACTOR * this.#tookMs;
    if (last !== undefined && !isDue && ageMs < LONGEST_MS) return this.#settle(lease, last);
    const { clock } = this.#parts.network;
    const beganMs = clock.elapsedMs();
    await this.consider(await readDanger());
    this.#mark = mark;
    this.#tookMs = clock.elapsedMs() - beganMs;
  }

  get #database(): CoordinatorDatabase {
    return this.#parts.network.database;
  }

  get #random(): Random {
    return this.#parts.network.random;
  }

  async #look(danger: Danger): Promise<Knowledge> {
    const { factsOf } = this.#parts;
    const options = { nowMs: danger.atMs, ...(factsOf === undefined ? {} : { factsOf }) };
    const outlook = await this.#database.read((rows) => readOutlook(rows, options));
    const picture = this.#pictures.of(sitesOf(outlook), danger);
    return { outlook, world: worldOf(outlook, danger, picture), danger };
  }

  async #plan(
    lease: Lease,
    { outlook, world, danger }: Knowledge,
  ): Promise<Omit<Considered, 'dropped'>> {
    const { events } = danger;
    return lease.transact(async (rows) => {
      const newId = (): string => newMoveId(this.#random);
      await releaseWaiting(rows, { outlook, world, events, newId });
      const planned = await planNow(rows, { outlook, world, events });
      const random = this.#random;
      const moves = await writePlan(rows, { outlook, world, events, random, ...planned });
      for (const memberId of new Set(moves.map((move) => move.member_id))) {
        await this.#parts.admit?.(rows, memberId, danger.atMs);
      }
      await noteDecisions(rows, this.#news(outlook, planned.unplaced), danger.atMs);
      return { moves, unplaced: planned.unplaced };
    });
  }

  #news(
    { groups }: Outlook,
    unplaced: readonly { readonly group: number; readonly reason: string }[],
  ): readonly Decision[] {
    const told = this.#unplaced;
    this.#unplaced = new Set();
    return unplaced.flatMap(({ group, reason }): readonly Decision[] => {
      const { memberId } = must(groups[group], 'a group');
      const key = `${memberId} ${reason}`;
      const isNew = !told.has(key) && !this.#unplaced.has(key);
      this.#unplaced.add(key);
      return isNew ? [{ what: 'nowhere', reason, memberId }] : [];
    });
  }

  async #settle(lease: Lease, last: Knowledge): Promise<void> {
    const { network, coordinatorSeed } = this.#parts;
    const nowMs = network.clock.nowMs();
    // What is feared is as last known; how long ago a copy was read is as of now.
    const knowledge = {
      ...last,
      danger: { ...last.danger, atMs: Math.max(nowMs, last.danger.atMs) },
    };
    const random = this.#random;
    const steps = [
      (): Promise<number> => lease.transact((rows) => noteRemovals(rows, nowMs)),
      (): Promise<number> =>
        lease.transact((rows) => signRetirements(rows, knowledge, { coordinatorSeed, nowMs })),
      (): Promise<number> => lease.transact((rows) => settle(rows, knowledge, { nowMs, random })),
    ];
    for (const step of steps) {
      for (let batch = 0; batch < MAX_BATCHES; batch++) if ((await step()) === 0) break;
    }
  }
}
