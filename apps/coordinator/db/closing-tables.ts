// The tables of removal by the operator, as types: what owners have consented to, to whom notice was given, and what
// each store knows of it (docs/design/removal.md, By the operator).
import type { MemberId, StoreId } from '@kura/base';

/** The newest of each member; a consent and a withdrawal may both stand, and the younger one counts. */
export interface ClosingConsentsTable {
  readonly member_id: MemberId;
  /** As the owner signed it; null: never, or taken back. */
  readonly consent: Uint8Array | null;
  readonly days: number | null;
  readonly signed_ms: number | null;
  readonly withdrawal: Uint8Array | null;
  readonly withdrawn_ms: number | null;
}

/**
 * notice: its days run · ordering: they are over, rows go aside and wait for the delay · carrying: the first store was
 * told · done: every store has confirmed · revoked: by the owner · stopped: by the operator, or a contract that stands.
 */
export type ClosingState = 'notice' | 'ordering' | 'carrying' | 'done' | 'revoked' | 'stopped';
/** Of those that can be taken back: restoring goes on. */
export const OPEN_CLOSINGS = ['notice', 'ordering'] as const satisfies readonly ClosingState[];

export interface ClosingsTable {
  readonly member_id: MemberId;
  /** 16 bytes, hex. */
  readonly closing_id: string;
  readonly state: ClosingState;
  /** Name of the operator who gave notice. */
  readonly operator: string;
  readonly consent: Uint8Array;
  readonly days: number;
  readonly given_ms: number;
  readonly ends_ms: number;
  /** When the member was told that it ends within a week. */
  readonly warned_ms: number | null;
  readonly ended_ms: number | null;
  readonly why: string | null;
}

/** What a store is to be told next, and what it said last. */
export interface ClosingStoresTable {
  readonly member_id: MemberId;
  readonly store_id: StoreId;
  /** As the store knows the member. */
  readonly pseudonym: MemberId;
  /** Null: only the withdrawal is to be told. */
  readonly notice: Uint8Array | null;
  readonly withdrawal: Uint8Array | null;
  readonly held_ms: number;
  /** When it has known the notice for its days, by its own word. */
  readonly ready_ms: number | null;
  /** Null: nothing more. */
  readonly next_ms: number | null;
}

export interface ClosingTables {
  closing_consents: ClosingConsentsTable;
  closings: ClosingsTable;
  closing_stores: ClosingStoresTable;
}
