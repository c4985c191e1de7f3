// The tables of audits, as types: how far the schedule is, what is asked today, what waits, and what was found
// (docs/design/audit.md). Nothing in them changes the state of a copy.
import type { CopyId, MemberId, PackId, StoreId } from '@kura/base';
import type { TurnKind } from '../audit/plan/rounds.ts';

/** One row, from the first audit on. */
export interface AuditStateTable {
  readonly number: 1;
  /** When day 0 began. */
  readonly began_ms: number;
  readonly day_ms: number;
  readonly round: number;
  readonly round_began_ms: number;
  /** The day whose seed shuffles this round. */
  readonly round_day: number;
  /** Of the round's order: the slot that is being visited, and the last pack of it that is done. */
  readonly slot: number;
  readonly after_member: MemberId | null;
  readonly after_pack: PackId | null;
}

export interface AuditSeedsTable {
  readonly day: number;
  /** The log's newest when the day began; empty while the log was. */
  readonly checkpoint: string;
}

/** Leaves of one store that are asked for at one moment. */
export interface AuditQuestionsTable {
  readonly store_id: StoreId;
  readonly day: number;
  readonly part: number;
  readonly due_ms: number;
  /** How often in a row it was refused, late or answered with nonsense. */
  readonly excuses: number;
  /** JSON list of [member, pack, leaf]. */
  readonly leaves: string;
}

/** The question that a copy will be asked in its next full read; it is spent when it is sent. */
export interface AuditPairsTable {
  /** Key and nonce follow from it: 16 bytes in hexadecimal. */
  readonly pair_id: string;
  readonly member_id: MemberId;
  readonly pack_id: PackId;
  readonly store_id: StoreId;
  readonly copy_id: CopyId;
  /** SHA-256 of the tag. */
  readonly answer_hash: Uint8Array;
  readonly made_ms: number;
}

/** A copy whose turn has come, or comes again. */
export interface AuditWaitsTable {
  readonly member_id: MemberId;
  readonly pack_id: PackId;
  readonly store_id: StoreId;
  readonly kind: TurnKind;
  readonly excuses: number;
  readonly next_ms: number;
  /** Why it waits, for people. */
  readonly why: string;
}

/** What one store answered on one day, and what went over its line. */
export interface AuditDaysTable {
  readonly store_id: StoreId;
  readonly day: number;
  readonly ok: number;
  readonly wrong: number;
  readonly missing: number;
  readonly unreadable: number;
  readonly refused: number;
  readonly late: number;
  readonly unknown: number;
  readonly offline: number;
  readonly leaf_bytes: number;
  readonly compare_bytes: number;
  /** Read by the store alone. */
  readonly full_read_bytes: number;
  /** Copies all of which was proved. */
  readonly copies_proved: number;
}

export interface AuditStandingsTable {
  readonly store_id: StoreId;
  readonly wrong_memory: number;
  readonly excuse_memory: number;
  /** Bytes that may go over its line in a day; null: no bound. */
  readonly bound_bytes: number | null;
}

/** A place in a copy where something else lies than what was entrusted. */
export interface AuditFindingsTable {
  readonly number: number;
  readonly time_ms: number;
  readonly member_id: MemberId;
  readonly pack_id: PackId;
  readonly store_id: StoreId;
  readonly copy_id: CopyId;
  readonly class: string;
  readonly source: string;
  /** Null: of the copy as a whole. */
  readonly leaf: number | null;
  /**
   * Known if another copy had the leaf right: first differing bit within the leaf, how many bits and 4 KiB
   * blocks differ.
   */
  readonly first_bit: number | null;
  readonly bits: number | null;
  readonly blocks: number | null;
}

export interface AuditTables {
  audit_state: AuditStateTable;
  audit_seeds: AuditSeedsTable;
  audit_questions: AuditQuestionsTable;
  audit_pairs: AuditPairsTable;
  audit_waits: AuditWaitsTable;
  audit_days: AuditDaysTable;
  audit_standings: AuditStandingsTable;
  audit_findings: AuditFindingsTable;
}
