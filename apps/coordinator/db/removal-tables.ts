// The tables of removal, as types: what was ordered, what can still be taken back, and what each store has confirmed
// (docs/design/removal.md).
import type {
  CopyId,
  DeviceId,
  MemberId,
  PackId,
  SessionId,
  SnapshotId,
  StoreId,
} from '@kura/base';
import type { CopyState } from '@kura/contract';

/**
 * waiting: nobody was told, it can be taken back · carrying: the first store was told · done: every store has
 * confirmed, and the log has it · revoked: taken back, the packs stand again.
 */
export type RemovalState = 'waiting' | 'carrying' | 'done' | 'revoked';

/** One order of the owner: some packs, and a warrant for each store that has copies of them. */
export interface RemovalsTable {
  readonly member_id: MemberId;
  /** 16 bytes, hex: of the hash of its warrants. */
  readonly removal_id: string;
  readonly state: RemovalState;
  readonly ordered_ms: number;
  /** A tick: later than every forgetting that it may follow from. */
  readonly ordered_at: number;
  readonly due_ms: number;
  readonly ended_ms: number | null;
  readonly packs: number;
  readonly leaves: number;
  /** Head over the sorted ids of its packs, hex. */
  readonly pack_set_root: string;
  /** Of the operator's closing that it is a part of; null: an order of the owner. */
  readonly closing_id: string | null;
}

/** What a store was told, and what it signed. */
export interface RemovalStoresTable {
  readonly member_id: MemberId;
  readonly removal_id: string;
  readonly store_id: StoreId;
  readonly warrant_id: string;
  readonly confirmed_ms: number | null;
  /** As the store signed it. */
  readonly confirmation: Uint8Array | null;
}

/** Rows that come back if the removal is taken back; gone when the first store is told. */
export interface RemovedPacksTable {
  readonly member_id: MemberId;
  readonly pack_id: PackId;
  readonly removal_id: string;
  readonly leaf_count: number;
  readonly recorded_ms: number;
  readonly device_id: DeviceId | null;
  readonly session_id: SessionId | null;
}

export interface RemovedCopiesTable {
  readonly member_id: MemberId;
  readonly pack_id: PackId;
  readonly store_id: StoreId;
  readonly removal_id: string;
  readonly copy_id: CopyId;
  readonly root: Uint8Array;
  readonly state: CopyState;
  readonly reason: string;
  readonly added_ms: number | null;
  readonly acknowledged_ms: number | null;
  readonly signature: Uint8Array | null;
}

/** Forgotten heads whose packs are all still there: gone when a removal that came after is carried out. */
export interface ForgottenSnapshotsTable {
  readonly member_id: MemberId;
  readonly snapshot_id: SnapshotId;
  readonly pack_id: PackId;
  readonly predecessor: SnapshotId | null;
  readonly time_ms: number;
  readonly leaf_index: number;
  readonly logged_ms: number | null;
  readonly forgotten_ms: number;
  /** A tick. */
  readonly forgotten_at: number;
}

/** Orders to forget that are dated ahead: carried out at their time, without any device. */
export interface TimedOrdersTable {
  readonly member_id: MemberId;
  /** SHA-256 of the body, hex. */
  readonly order_hash: string;
  readonly due_ms: number;
  readonly made_ms: number;
  /** As `signForgetOrder` wrote it. */
  readonly body: Uint8Array;
}

export interface RemovalTables {
  removals: RemovalsTable;
  removal_stores: RemovalStoresTable;
  removed_packs: RemovedPacksTable;
  removed_copies: RemovedCopiesTable;
  forgotten_snapshots: ForgottenSnapshotsTable;
  timed_orders: TimedOrdersTable;
}
