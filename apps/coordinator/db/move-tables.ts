// The tables of moves, as types: what was decided, which packs are on their way, and what people said about it
// (docs/design/moves.md).
import type { MemberId, PackId, StoreId } from '@kura/base';

/** add: a copy more · retire: one that is too many goes. */
export type MoveKind = 'add' | 'retire';

/**
 * danger: something is feared where a copy lies · loss: a copy is gone · fault: one was damaged · drain: an
 * operator empties a store · better: it lies better elsewhere · surplus: there are more than are wanted.
 */
export type MoveCause = 'danger' | 'loss' | 'fault' | 'drain' | 'better' | 'surplus';

export const MOVE_STATES = [
  'planned',
  'approval',
  'running',
  'done',
  'failed',
  'vetoed',
  'dropped',
] as const;
export type MoveState = (typeof MOVE_STATES)[number];

/** States in which packs of a move are still on their way, or may be. */
export const OPEN_STATES = ['planned', 'approval', 'running'] as const;

export interface MovesTable {
  readonly move_id: string;
  /** Moves that were decided at once. */
  readonly plan_id: string;
  readonly member_id: MemberId;
  readonly kind: MoveKind;
  readonly cause: MoveCause;
  /** Lower goes first: 0 what cannot wait, 1 what an operator wants, 2 what is only better. */
  readonly priority: number;
  /** Where it is read, as planned. */
  readonly from_store: StoreId | null;
  /** Null: a retirement. */
  readonly to_store: StoreId | null;
  /** In danger, gone, drained, too full; of a retirement where the copy goes. */
  readonly leave_store: StoreId | null;
  readonly level: number;
  readonly packs: number;
  /** Of those packs, sealed. */
  readonly bytes: number;
  readonly packs_done: number;
  readonly bytes_done: number;
  readonly packs_failed: number;
  readonly state: MoveState;
  /** 0 or 1: it may end after the harm. */
  readonly is_late: number;
  /** 0 or 1: not only one feed says so. */
  readonly is_confirmed: number;
  /** Whose word it is on: names of feeds, an operator, the network. */
  readonly word: string;
  readonly reason: string;
  /** What there is to say about its course; may be empty. */
  readonly note: string;
  readonly made_ms: number;
  /** As the lines should allow; null while it waits for somebody. */
  readonly start_ms: number | null;
  readonly end_ms: number | null;
  /** Deadline: when harm comes; null if none is known. */
  readonly harm_ms: number | null;
  /** Copies of its packs that could be read when it was decided; null of a copy that goes. */
  readonly copies_left: number | null;
  readonly started_ms: number | null;
  readonly ended_ms: number | null;
}

/**
 * wait: nothing is written yet · carry: bytes may lie at the target without a row · settle: the copy counts, and one
 * may be too many · check: what stays has to be read in full · sign: it was · remove: a warrant is on its way.
 */
export type PackStep = 'wait' | 'carry' | 'settle' | 'check' | 'sign' | 'remove';

/** Steps in which a copy is on its way to `store_id`. */
export const COMING_STEPS = ['wait', 'carry'] as const;

export interface MovePacksTable {
  readonly member_id: MemberId;
  readonly pack_id: PackId;
  /** Where the copy is added, or retired. */
  readonly store_id: StoreId;
  readonly move_id: string;
  readonly size_bytes: number;
  readonly step: PackStep;
  readonly tries: number;
  readonly next_ms: number;
  /** Why it was put off, or kept, last. */
  readonly why: string;
  readonly warrant_id: string | null;
}

export interface DecisionsTable {
  readonly number: number;
  readonly time_ms: number;
  /** One word: "add", "retire", "late", "drop", "veto" … */
  readonly what: string;
  readonly member_id: MemberId | null;
  readonly move_id: string | null;
  readonly store_id: StoreId | null;
  readonly reason: string;
}

/** One row. */
export interface MoveOrdersTable {
  readonly number: 1;
  readonly is_paused: number;
  readonly word: string;
  readonly since_ms: number;
}

/** pinned: copies lie only in regions that are · forbidden: no copy lies there. */
export type RegionRule = 'pinned' | 'forbidden';

export interface MemberRegionsTable {
  readonly member_id: MemberId;
  /** City, country, power area or operator. */
  readonly region: string;
  readonly rule: RegionRule;
}

export interface MoveTables {
  moves: MovesTable;
  move_packs: MovePacksTable;
  decisions: DecisionsTable;
  move_orders: MoveOrdersTable;
  member_regions: MemberRegionsTable;
}
