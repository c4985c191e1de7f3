// A network of many packs whose operator made a kit before the last of them came: its tables in a file, what its stores
// hold in memory, by the names and roots that a gateway asks for. The bytes of packs are nobody's question here.
import { type PackId, packId, systemRandom as random, toHex } from '@kura/base';
import type { CopyStat, CustodyReceipt, SnapshotRow } from '@kura/contract';
import { batches } from '@kura/coordinator/db/batches.ts';
import type { CopiesTable, PacksTable, Rows } from '@kura/coordinator/db/tables.ts';
import {
  foundTestNetwork,
  NETWORK_SECRET,
  storeAt,
  type TestNetwork,
} from '@kura/coordinator/fixtures.ts';
import { embeddedCopyKeys } from '@kura/coordinator/gateway/copy-keys.ts';
import { recountUsage } from '@kura/coordinator/members/usage.ts';
import type { ReturnedPack } from '@kura/coordinator/returns/confirm-copies.ts';
import { copyIdOf } from '@kura/copy-seal';
import { transact } from '@kura/database';

const LEAVES = 4;
const COPIES = 2;
const STORES = 8;
const ID_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** One backup: each commits a snapshot that needs the packs of its own. */
const PACKS_PER_SNAPSHOT = 500;

export interface SavedSnapshot {
  readonly row: SnapshotRow;
  readonly receipt: CustodyReceipt;
}

export class World {
  readonly network: TestNetwork;
  /** What the member's catalogues list. */
  readonly packs: ReturnedPack[] = [];
  readonly snapshots: SavedSnapshot[] = [];
  /** "store copy" → what the store answers. */
  readonly #shelves = new Map<string, CopyStat>();

  private constructor(network: TestNetwork) {
    this.network = network;
  }

  static async found(path: string): Promise<World> {
    return new World(await foundTestNetwork({ path, storeCount: STORES }));
  }

  get keys() {
    return embeddedCopyKeys(NETWORK_SECRET);
  }

  statAt(storeId: string, copyId: string): CopyStat | undefined {
    return this.#shelves.get(`${storeId} ${copyId}`);
  }

  /** So many packs more, with a snapshot for every few hundred of them. */
  async save(count: number): Promise<void> {
    const { coordinator } = this.network;
    const session = await coordinator.beginSession('backup');
    for (const batch of batches(await this.#newPacks(count))) {
      await this.#insert(batch);
      for (let at = 0; at < batch.length; at += PACKS_PER_SNAPSHOT) {
        const uses = batch.slice(at, at + PACKS_PER_SNAPSHOT).map(({ pack }) => pack.pack_id);
        const head = this.network.head(uses, this.snapshots.at(-1)?.row.snapshotId);
        const receipt = await coordinator.commitSnapshot(session, head, uses);
        const { snapshotId, packId: holder, predecessor, timeMs } = head;
        const { leafIndex } = receipt;
        const row = {
          snapshotId,
          packId: holder,
          predecessor,
          timeMs,
          leafIndex,
          loggedMs: timeMs,
        };
        this.snapshots.push({ row, receipt });
      }
    }
    await coordinator.endSession(session);
  }

  /** In the order of their keys: filled in another one, tables of this size take minutes. */
  async #newPacks(count: number): Promise<readonly NewPack[]> {
    const made: NewPack[] = [];
    for (let at = 0; at < count; at++) made.push(await this.#newPack(at));
    return made.sort((a, b) => (a.pack.pack_id < b.pack.pack_id ? -1 : 1));
  }

  async #newPack(at: number): Promise<NewPack> {
    const { network } = this;
    const { memberId } = network.coordinator;
    const nowMs = network.clock.nowMs();
    const id = packId(toHex(random.bytes(ID_BYTES)));
    const copies: CopiesTable[] = [];
    for (let number = 0; number < COPIES; number++) {
      const { storeId } = storeAt(network, (at + number) % STORES).identity;
      const copyId = copyIdOf((await this.keys.keysFor(memberId, storeId)).copyKey, id);
      const root = random.bytes(ID_BYTES);
      this.#shelves.set(`${storeId} ${copyId}`, {
        ...{ copyId, leafCount: LEAVES, root, leafHashes: root },
      });
      copies.push({
        ...{ member_id: memberId, pack_id: id, store_id: storeId, copy_id: copyId, root },
        ...{ state: 'held', reason: 'lowest risk', added_ms: nowMs, acknowledged_ms: nowMs },
        signature: random.bytes(SIGNATURE_BYTES),
      });
    }
    this.packs.push(listed(id, copies));
    const pack: PacksTable = {
      ...{ member_id: memberId, pack_id: id, leaf_count: LEAVES, state: 'standing' },
      ...{ marked_at: null, marked_ms: null, recorded_ms: nowMs, moved_ms: null, retired_ms: null },
      ...{ device_id: null, session_id: null, changed_at: this.packs.length },
    };
    return { pack, copies };
  }

  #insert(batch: readonly NewPack[]): Promise<void> {
    return transact(this.network.database, async (rows: Rows) => {
      await rows
        .insertInto('packs')
        .values(batch.map(({ pack }) => pack))
        .execute();
      await rows
        .insertInto('copies')
        .values(batch.flatMap(({ copies }) => copies))
        .execute();
    });
  }

  /** What a member has is counted as it is saved; here it was inserted. */
  count(): Promise<void> {
    const { database, coordinator } = this.network;
    const { memberId } = coordinator;
    return transact(database, (rows) => recountUsage({ rows, memberId }));
  }
}

interface NewPack {
  readonly pack: PacksTable;
  readonly copies: readonly CopiesTable[];
}

function listed(id: PackId, copies: readonly CopiesTable[]): ReturnedPack {
  return {
    ...{ packId: id, leafCount: LEAVES },
    copies: copies.map(({ store_id: storeId, root }) => ({ storeId, root })),
  };
}
