// The tables of custody events, as types: what happened to a member's data, one leaf of the log each, and the copies
// that have moved and of which nobody has been told yet.
import type { CopyId, MemberId, PackId, StoreId } from '@kura/base';
import type { EventName } from '@kura/log/events.ts';

/** The member's own chain: `number` from 1 without a gap, each body names the entry hash of the one before. */
export interface CustodyEventsTable {
  readonly member_id: MemberId;
  readonly number: number;
  readonly event: EventName;
  /** What it is about, for lists: a store, a move, a device. */
  readonly subject: string;
  /** As `formatEvent` wrote it. */
  readonly body: string;
  /** Null until a program that has the log's key has given it its leaf. */
  readonly leaf_index: number | null;
  readonly log_origin: string | null;
  readonly made_ms: number;
}

/**
 * A copy that a move has added, or given up: written with the copy's own row, gone when the move's event is logged
 * and the member's card has its notice.
 */
export interface MovedCopiesTable {
  readonly member_id: MemberId;
  readonly move_id: string;
  readonly pack_id: PackId;
  readonly store_id: StoreId;
  readonly copy_id: CopyId;
  /** Null: given up. */
  readonly root: Uint8Array | null;
  /** 0 or 1: its event is in the log, the notice is still to be made. */
  readonly is_logged: number;
}

export interface CustodyTables {
  custody_events: CustodyEventsTable;
  moved_copies: MovedCopiesTable;
}
