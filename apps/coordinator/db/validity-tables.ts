// The tables of validity audits, as types: what is under way for a member, and the statements
// (docs/design/validity.md).
import type { MemberId, PackId } from '@kura/base';

/**
 * queueing: copies become waits of audits · auditing: some still wait · issued: the member may object ·
 * closed: in the log, and nothing changes any more.
 */
export type ValidityState = 'queueing' | 'auditing' | 'issued' | 'closed';

export interface ValidityAuditsTable {
  readonly member_id: MemberId;
  readonly number: number;
  readonly from_ms: number;
  /** The closing day. */
  readonly until_ms: number;
  /** From 1; each objection begins another. */
  readonly attempt: number;
  readonly state: ValidityState;
  /** Of this attempt. */
  readonly began_ms: number;
  /** The last pack whose copies were queued. */
  readonly after_pack: PackId | null;
  readonly deadline_ms: number;
  /** Null until a statement is issued. */
  readonly object_until_ms: number | null;
  /** JSON list of { madeMs, text }. */
  readonly objections: string;
}

export interface ValidityStatementsTable {
  readonly member_id: MemberId;
  readonly number: number;
  readonly attempt: number;
  readonly made_ms: number;
  readonly result: string;
  /** Canonical JSON. */
  readonly body: string;
  /** SHA-256, hex. */
  readonly body_hash: string;
  /** Number of the custody event that closed it; null: it is open, or another followed. */
  readonly event: number | null;
}

export interface ValidityTables {
  validity_audits: ValidityAuditsTable;
  validity_statements: ValidityStatementsTable;
}
