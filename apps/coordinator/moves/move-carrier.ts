// Carries out what was decided: copies are made where a move says, read back and switched to; what stays is read before
// a copy goes. The programs of a network share it by stores: what is one store's, one program at a time brings, under
// the lease of its part. It decides nothing about where.
import { KuraError, must, SECOND_MS, type StoreId } from '@kura/base';
import type { PackRow, StoredCopy } from '@kura/contract';
import type { Native } from '@kura/native';
import { heldCopies, readPack } from '../custody/read-packs.ts';
import type { MovePacksTable, MovesTable } from '../db/move-tables.ts';
import type { Rows } from '../db/tables.ts';
import type { StoreWays } from '../gateway/context.ts';
import type { CopyKeys } from '../gateway/copy-keys.ts';
import { createGateway } from '../gateway/gateway.ts';
import { StagingPool } from '../gateway/staging.ts';
import type { Lease, LeaseShare, Leases } from '../leases/leases.ts';
import { MemberCoordinator } from '../member-coordinator.ts';
import type { Network } from '../network.ts';
import {
  type CarryPorts,
  type CarryRequest,
  carryPack,
  failPack,
  leaveAlone,
} from './carry-pack.ts';
import { type CheckPorts, checkPack } from './check-pack.ts';
import { dueChecks, keyOf, MOVE_PARTS, nextPack, openMoves, partOf } from './due.ts';
import { Lines, type Use, type Way } from './lines.ts';
import { changePackRow } from './move-rows.ts';
import { readPause } from './orders.ts';
import { Tasks } from './tasks.ts';
import { waitAfter } from './waits.ts';

export interface MoveCarrierParts {
  readonly network: Network;
  readonly leases: Leases;
  readonly stores: StoreWays;
  /** The store reads the whole copy again and signs for it, or says what is wrong. */
  readonly acknowledge: CarryPorts['acknowledge'];
  readonly keys: CopyKeys;
  readonly native: Native;
  /** Default: the gateway's own way of making a further copy. */
  readonly carry?: CarryPorts['carry'];
  /** Told of what could not be done now, for a log. */
  readonly onFailure?: (storeId: StoreId, error: unknown) => void;
}

const WORK = 'moves';
const NOTHING: LeaseShare = { leases: new Map(), programs: 1 };
/** Transfers at once in this program: each has its own lines, and a few megabytes of memory. */
const MAX_CARRIES = 4;
const BYTES_PER_MBIT = 125_000;

export class MoveCarrier {
  readonly #parts: MoveCarrierParts;
  readonly #tasks = new Tasks();
  readonly #lines = new Lines();
  readonly #staging: StagingPool;
  /** Packs that this process has in hand: the part of each, by `keyOf`. */
  readonly #inHand = new Map<string, string>();
  #share = NOTHING;
  #isStopped = false;

  constructor(parts: MoveCarrierParts) {
    this.#parts = parts;
    this.#staging = new StagingPool(parts.native);
  }

  /** Starts what may start, and does not wait for it. Throws what went wrong since the last round. */
  async round(): Promise<void> {
    this.#tasks.rethrow();
    if (this.#isStopped) return;
    const busy = new Set(this.#inHand.values());
    this.#share = await this.#parts.leases.takeShare({ work: WORK, parts: MOVE_PARTS, busy });
    if (this.#share.leases.size === 0) return;
    await this.#startChecks();
    await this.#startCarries();
  }

  /** Resolves when everything is written but what is on its way between stores. */
  settled(): Promise<void> {
    return this.#tasks.settled();
  }

  /** Resolves when nothing is under way. Throws what went wrong. */
  async idle(): Promise<void> {
    await this.#tasks.idle();
    this.#tasks.rethrow();
  }

  /** Begins nothing more; resolves when what was begun has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#tasks.idle();
  }

  get #rows(): Rows {
    return this.#parts.network.database.kysely;
  }

  get #nowMs(): number {
    return this.#parts.network.clock.nowMs();
  }

  #onFailure = (storeId: StoreId, error: unknown): void => {
    this.#parts.onFailure?.(storeId, error);
  };

  // ── Copies that are made ────────────────────────────────────────────────────────────────────────

  async #startCarries(): Promise<void> {
    const parts = [...this.#share.leases.keys()];
    if (this.#isStopped || parts.length === 0 || (await readPause(this.#rows)).isPaused) return;
    for (const move of await openMoves(this.#rows, parts)) {
      if (this.#lines.busy >= MAX_CARRIES) return;
      const to = must(move.to_store, 'an addition has a target');
      if (!this.#lines.canReceive(to, this.#use(move))) continue;
      const row = await nextPack(this.#rows, move, { nowMs: this.#nowMs, inHand: this.#inHand });
      if (row !== undefined) await this.#start(move, row);
    }
  }

  #use({ priority }: MovesTable): Use {
    return { nowMs: this.#nowMs, isUrgent: priority === 0 };
  }

  async #start(move: MovesTable, row: MovePacksTable): Promise<void> {
    const { member_id: memberId, pack_id: packId, store_id: to } = row;
    const pack = await readPack({ rows: this.#rows, memberId }, packId);
    const lease = this.#leaseOf(row);
    // Another transfer has ended meanwhile, and looked for the next one as well.
    if (lease === undefined || !this.#isStillFree(move, row)) return;
    if (pack === undefined) return lease.transact((rows) => leaveAlone(rows, row, this.#nowMs));
    const sources = this.#sourcesOf(pack, move);
    if (sources.length === 0) {
      const why = 'no copy can be read now';
      const columns = { tries: row.tries + 1, next_ms: this.#nowMs + waitAfter(row.tries), why };
      return lease.transact((rows) => changePackRow(rows, row, columns));
    }
    const from = sources.find((one) => this.#lines.canSend(one, this.#use(move)));
    if (from === undefined) return;
    const what = { move, row, pack, from };
    if (this.#parts.stores.get(to) === undefined) {
      const error = new KuraError('unreachable', `store ${to} is not connected`);
      this.#onFailure(to, error);
      return lease.transact((rows) => failPack(rows, what, { error, nowMs: this.#nowMs }));
    }
    const way = { from: what.from, to };
    const key = keyOf(row);
    this.#inHand.set(key, partOf(to));
    this.#lines.take(way);
    this.#tasks.start(async (waiting) => {
      try {
        await carryPack(lease, what, {
          carry: (request) => waiting(this.#carry(request)),
          acknowledge: this.#parts.acknowledge,
          nowMs: () => this.#nowMs,
          onFailure: this.#onFailure,
        });
      } finally {
        this.#inHand.delete(key);
        this.#lines.give(way, await this.#owed(way, move, row));
      }
      await this.#startCarries();
    });
  }

  /** Undefined for what is another program's now. */
  #leaseOf({ store_id: storeId }: MovePacksTable): Lease | undefined {
    return this.#share.leases.get(partOf(storeId));
  }

  #isStillFree(move: MovesTable, row: MovePacksTable): boolean {
    if (this.#isStopped || this.#inHand.has(keyOf(row)) || this.#lines.busy >= MAX_CARRIES) {
      return false;
    }
    return this.#lines.canReceive(row.store_id, this.#use(move));
  }

  /**
   * How long the two lines should have taken, and so long they belong to members; nothing for what could not wait, and
   * for folders. Each program may send from a store: so that half of its line stays free beside all of them, one that
   * has used it rests twice for each of them, less the time that it took.
   */
  async #owed({ from, to }: Way, { priority }: MovesTable, { size_bytes: bytes }: MovePacksTable) {
    const nowMs = this.#nowMs;
    if (priority === 0) return { nowMs, sendMs: 0, receiveMs: 0 };
    const lines = await this.#rows
      .selectFrom('stores')
      .select(['store_id', 'line_mbit'])
      .where('store_id', 'in', [from, to])
      .execute();
    const ratedMs = (storeId: StoreId): number => {
      const mbit = lines.find((line) => line.store_id === storeId)?.line_mbit ?? 0;
      return mbit === 0 ? 0 : (SECOND_MS * bytes) / (mbit * BYTES_PER_MBIT);
    };
    const rests = 2 * this.#share.programs - 1;
    return { nowMs, sendMs: rests * ratedMs(from), receiveMs: ratedMs(to) };
  }

  /** Stores that can be read from now, the planned one first. */
  #sourcesOf(pack: PackRow, { from_store: planned, to_store: to }: MovesTable): StoreId[] {
    const held = heldCopies(pack).map(({ storeId }) => storeId);
    const there = held.filter(
      (storeId) => storeId !== to && this.#parts.stores.get(storeId) !== undefined,
    );
    return there.toSorted((a, b) => Number(b === planned) - Number(a === planned));
  }

  #carry(request: CarryRequest): Promise<StoredCopy> {
    return this.#parts.carry?.(request) ?? this.#replicate(request);
  }

  async #replicate({ memberId, ...request }: CarryRequest): Promise<StoredCopy> {
    const { network, stores, keys, native } = this.#parts;
    const description = await new MemberCoordinator({ network, memberId }).describe();
    const gateway = createGateway({
      ...{ network: description, stores, keys, native },
      hashing: 'gateway',
      staging: this.#staging,
    });
    return gateway.replicate(request);
  }

  // ── Copies that are read ────────────────────────────────────────────────────────────────────────

  async #startChecks(): Promise<void> {
    const due = await dueChecks(this.#rows, [...this.#share.leases.keys()], this.#nowMs);
    const fresh = due.filter((row) => !this.#inHand.has(keyOf(row)));
    if (fresh.length === 0) return;
    for (const row of fresh) this.#inHand.set(keyOf(row), partOf(row.store_id));
    this.#tasks.start(async () => {
      const ports = this.#checkPorts();
      try {
        for (const row of fresh) {
          const lease = this.#leaseOf(row);
          if (this.#isStopped || lease === undefined) return;
          await checkPack(lease, row, { rows: this.#rows, ports });
        }
      } finally {
        for (const row of fresh) this.#inHand.delete(keyOf(row));
      }
    });
  }

  #checkPorts(): CheckPorts {
    const { acknowledge } = this.#parts;
    return { acknowledge, nowMs: () => this.#nowMs, onFailure: this.#onFailure };
  }
}
