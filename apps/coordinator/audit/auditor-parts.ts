// What the acts of audits work with, and what they count.
import type { MemberId, StoreId } from '@kura/base';
import type { AuditedStore } from '@kura/contract';
import type { Native } from '@kura/native';
import type { Rows } from '../db/tables.ts';
import { GatewayContext, type StoreWays } from '../gateway/context.ts';
import type { CopyKeys } from '../gateway/copy-keys.ts';
import { StagingPool } from '../gateway/staging.ts';
import { MemberCoordinator } from '../member-coordinator.ts';
import type { Network } from '../network.ts';
import { mustKnow, readStores } from '../stores/stores.ts';
import type { AskedStore, AskParts } from './ask-leaves.ts';
import type { CompareRooms } from './compare-memory.ts';

export interface AuditorParts {
  readonly network: Network;
  /** The way to the bytes of each store that answers now. */
  readonly stores: StoreWays;
  /** The way to what it can be asked to prove. */
  readonly audited: (storeId: StoreId) => AuditedStore | undefined;
  readonly keys: CopyKeys;
  readonly native: Native;
  /** 32 bytes (`auditSecretOf`). */
  readonly auditSecret: Uint8Array;
  /** A day of the schedule; shorter only where audits are tried out. */
  readonly dayMs?: number | undefined;
  /** Told of what is reported, for a log. */
  readonly onFault?: (storeId: StoreId, why: string) => void;
  /** Every pack has had its turn in this round. */
  readonly onRound?: (round: number) => void;
}

export interface AuditFigures {
  /** Questions for leaves that were answered, and the leaves of them. */
  questions: number;
  leaves: number;
  /** Copies that were compared, and that were read in full by their store. */
  compared: number;
  readInFull: number;
  lineBytes: number;
  /** Copies that were reported. */
  faults: number;
  /** Copies that could not be looked at now. */
  waiting: number;
}

export function noFigures(): AuditFigures {
  return {
    ...{ questions: 0, leaves: 0, compared: 0, readInFull: 0 },
    ...{ lineBytes: 0, faults: 0, waiting: 0 },
  };
}

/** What one pass shares: stores and members as they were when it began. */
export class Pass {
  readonly parts: AuditorParts;
  readonly figures = noFigures();
  /** Of the auditor. */
  readonly rooms: CompareRooms;
  readonly #staging: StagingPool;
  readonly #contexts = new Map<MemberId, Promise<GatewayContext>>();
  readonly #stores = new Map<StoreId, Promise<AskedStore>>();

  constructor(parts: AuditorParts, rooms: CompareRooms) {
    this.parts = parts;
    this.rooms = rooms;
    this.#staging = new StagingPool(parts.native);
  }

  get rows(): Rows {
    return this.parts.network.database.kysely;
  }

  get nowMs(): number {
    return this.parts.network.clock.nowMs();
  }

  get leafBytes(): number {
    return this.parts.network.charter.shape.leafBytes;
  }

  contextOf(memberId: MemberId): Promise<GatewayContext> {
    return once(this.#contexts, memberId, async () => {
      const { network, stores, keys, native } = this.parts;
      const description = await new MemberCoordinator({ network, memberId }).describe();
      return new GatewayContext({
        ...{ network: description, stores, keys, native, hashing: 'gateway' },
        staging: this.#staging,
      });
    });
  }

  askedStore(storeId: StoreId): Promise<AskedStore> {
    return once(this.#stores, storeId, async () => {
      const { publicKey } = mustKnow(await readStores(this.rows), storeId).identity;
      const row = await this.rows
        .selectFrom('stores')
        .select('line_mbit')
        .where('store_id', '=', storeId)
        .executeTakeFirst();
      return { storeId, publicKey, lineMbit: row?.line_mbit ?? undefined };
    });
  }

  askParts(port: AuditedStore): AskParts {
    const { random } = this.parts.network;
    return { port, leafBytes: this.leafBytes, nowMs: () => this.nowMs, random };
  }
}

/** Made when it is first asked for, also if several ask at the same time. */
function once<Key, Value>(
  made: Map<Key, Promise<Value>>,
  key: Key,
  make: () => Promise<Value>,
): Promise<Value> {
  const known = made.get(key) ?? make();
  made.set(key, known);
  return known;
}
