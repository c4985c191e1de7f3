// The tables of what leaves a member's history, as types (docs/design/heads.md).
import type { MemberId } from '@kura/base';

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

export interface HeadTables {
  forget_orders: ForgetOrdersTable;
}
