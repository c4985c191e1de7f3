// A copy that a device found at fault: the store reads it again, and what is gone or damaged is made anew from the
// other copies, there if possible, else at the next best store. What the device said is only the occasion.
import { KuraError, MINUTE_MS, type StoreId } from '@kura/base';
import type { CopyRow, CopyState, PackRow, StoreAcknowledgement } from '@kura/contract';
import type { Native } from '@kura/native';
import type { MovesTable } from '../db/service-tables.ts';
import type { CoordinatorDatabase, Rows } from '../db/tables.ts';
import type { StoreWays } from '../gateway/context.ts';
import type { CopyKeys } from '../gateway/copy-keys.ts';
import { createGateway } from '../gateway/gateway.ts';
import type { Lease, Leases } from '../leases/leases.ts';
import { MemberCoordinator } from '../member-coordinator.ts';
import type { Network } from '../network.ts';
import { choosePlacement } from '../placement/index.ts';

export interface MenderParts {
  readonly network: Network;
  readonly leases: Leases;
  readonly stores: StoreWays;
  /** The store reads the whole copy again and signs for it, or says what is wrong. */
  readonly acknowledge: (storeId: StoreId, copy: CopyRow) => Promise<StoreAcknowledgement>;
  readonly keys: CopyKeys;
  readonly native: Native;
  /** Told of what could not be mended now, for a log. */
  readonly onFailure: (storeId: StoreId, error: unknown) => void;
}

const LEASE = 'moves';
/** Of one round: the lease is renewed between rounds. */
const MAX_MOVES = 10;
const FIRST_WAIT_MS = MINUTE_MS;
const LONGEST_WAIT_MS = 60 * MINUTE_MS;

export class Mender {
  readonly #parts: MenderParts;

  constructor(parts: MenderParts) {
    this.#parts = parts;
  }

  /** What is due now, if no other gateway is at it. */
  async round(): Promise<void> {
    const { network, leases } = this.#parts;
    const due = await dueMoves(network.database, network.clock.nowMs());
    if (due.length === 0) return;
    const lease = await leases.take(LEASE);
    if (lease === undefined) return;
    for (const move of due) await this.#tryMove(lease, move);
  }

  async #tryMove(lease: Lease, move: MovesTable): Promise<void> {
    try {
      if (move.from_store !== null) await this.#mend(move, move.from_store);
      await lease.transact((rows) => forgetMove(rows, move));
    } catch (error) {
      if (!(error instanceof KuraError)) throw error;
      if (move.from_store !== null) this.#parts.onFailure(move.from_store, error);
      const nowMs = this.#parts.network.clock.nowMs();
      await lease.transact((rows) => putOff(rows, move, nowMs));
    }
  }

  async #mend(move: MovesTable, storeId: StoreId): Promise<void> {
    const { network } = this.#parts;
    const member = new MemberCoordinator({ network, memberId: move.member_id });
    const pack = await member.pack(move.pack_id);
    const copy = pack?.copies.find((one) => one.storeId === storeId);
    if (pack === undefined || pack.state === 'destroying' || copy === undefined) return;
    const state = await this.#look(storeId, copy);
    if (state !== copy.state) await member.setCopyState(pack.packId, storeId, state);
    if (state === 'held') return;
    const copies = pack.copies.map((one) => (one === copy ? { ...one, state } : one));
    await this.#makeAnew(member, { ...pack, copies }, storeId);
  }

  async #look(storeId: StoreId, copy: CopyRow): Promise<CopyState> {
    try {
      const { root } = await this.#parts.acknowledge(storeId, copy);
      return Buffer.compare(root, copy.root) === 0 ? 'held' : 'damaged';
    } catch (error) {
      if (!(error instanceof KuraError)) throw error;
      if (error.code === 'missing') return 'lost';
      if (error.code === 'corrupt') return 'damaged';
      throw error;
    }
  }

  async #makeAnew(member: MemberCoordinator, pack: PackRow, storeId: StoreId): Promise<void> {
    const { stores, keys, native } = this.#parts;
    const description = await member.describe();
    const gateway = createGateway({
      ...{ network: description, stores, keys, native },
      hashing: 'gateway',
    });
    const make = async (to: StoreId, reason: string): Promise<void> => {
      await member.addCopy(pack.packId, await gateway.replicate({ pack, to, reason }));
    };
    try {
      await make(storeId, 'made anew after a fault was reported');
    } catch (error) {
      if (!(error instanceof KuraError) || error.context.unreadableLeaf !== undefined) throw error;
      const { level, home, shape } = description;
      const sizeBytes = pack.leafCount * shape.leafBytes;
      const held = pack.copies.map((one) => one.storeId);
      const request = { copies: 1, level, home, sizeBytes, held };
      for (const choice of choosePlacement({ request, stores: description.stores })) {
        await make(choice.storeId, choice.reason);
      }
    }
  }
}

async function dueMoves(
  database: CoordinatorDatabase,
  nowMs: number,
): Promise<readonly MovesTable[]> {
  return database.kysely
    .selectFrom('moves')
    .selectAll()
    .where('step', '=', 'look')
    .where('next_ms', '<=', nowMs)
    .orderBy('next_ms')
    .limit(MAX_MOVES)
    .execute();
}

async function forgetMove(rows: Rows, { move_id: id }: MovesTable): Promise<void> {
  await rows.deleteFrom('moves').where('move_id', '=', id).execute();
}

async function putOff(
  rows: Rows,
  { move_id: id, tries }: MovesTable,
  nowMs: number,
): Promise<void> {
  const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
  await rows
    .updateTable('moves')
    .set({ tries: tries + 1, next_ms: nowMs + waitMs })
    .where('move_id', '=', id)
    .execute();
}
