// The tables of what stores tell of themselves, as types: how far the check of each has come, what it found, and by
// what its shelf is known again. No finding counts against a store (docs/design/store-daemon.md).
import type { CopyId, StoreId } from '@kura/base';
import type { ExaminationState } from '@kura/contract';

/** The last report of each store. */
export interface ScrubReportsTable {
  readonly store_id: StoreId;
  readonly told_ms: number;
  /** When the round began that is under way, by the store's clock. */
  readonly round_ms: number;
  /** When its last whole round began; 0: it has not had one. */
  readonly whole_round_ms: number;
  readonly copies_read: number;
  readonly bytes_read: number;
  /** Errors of its medium in 30 days. */
  readonly medium_errors: number;
}

export interface ScrubFindingsTable {
  readonly store_id: StoreId;
  readonly copy_id: CopyId;
  /** By the store's clock; one finding is one copy at one moment. */
  readonly found_ms: number;
  readonly state: ExaminationState;
  readonly wrong_leaves: number;
  readonly unreadable_leaves: number;
  readonly foreign_leaves: number;
  /** "EIO"; null: the medium gave no error. */
  readonly errno: string | null;
  readonly told_ms: number;
  /** The report as the store signed it. */
  readonly signed: Uint8Array;
}

/** By what number a store's shelf is known again. */
export interface StoreMarksTable {
  readonly store_id: StoreId;
  /** The last that it was given. */
  readonly given: number;
  /** The newest that it has shown; 0: none yet. */
  readonly known: number;
  readonly given_ms: number;
}

export interface ScrubTables {
  store_marks: StoreMarksTable;
  scrub_reports: ScrubReportsTable;
  scrub_findings: ScrubFindingsTable;
}
