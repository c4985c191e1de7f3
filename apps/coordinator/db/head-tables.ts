// The tables of a member's history beside its heads, as types: what left it (docs/design/heads.md), and what of it was
// proved restorable (docs/design/drill.md).
import type { MemberId, SnapshotId } from '@kura/base';

/** Orders of owners to forget snapshots: kept for ever, because every device may ask why it misses one. */
export interface ForgetOrdersTable {
  readonly member_id: MemberId;
  /** A tick of the member's counter. */
  readonly number: number;
  /** SHA-256 of the body, hex: an order that comes twice is kept once. */
  readonly order_hash: string;
  /** When it was carried out. */
  readonly time_ms: number;
  /** As `signForgetOrder` wrote it. */
  readonly body: Uint8Array;
}

/** The last proof of each snapshot. */
export interface RestoreProofsTable {
  readonly member_id: MemberId;
  readonly snapshot_id: SnapshotId;
  readonly proved_ms: number;
  readonly files: number;
  readonly bytes: number;
  readonly total_files: number;
  readonly total_bytes: number;
}

/** Members of whom a rebuilt network does not know yet what came after the kit. */
export interface AwaitedReturnsTable {
  readonly member_id: MemberId;
  readonly since_ms: number;
}

export interface HeadTables {
  forget_orders: ForgetOrdersTable;
  restore_proofs: RestoreProofsTable;
  awaited_returns: AwaitedReturnsTable;
}
