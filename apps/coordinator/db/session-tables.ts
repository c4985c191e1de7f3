// The tables of sessions, as types: who works now, and what the journal says of all that ever did.
import type { MemberId, SessionId } from '@kura/base';
import type { SessionKind } from '@kura/contract';

/** Leases of living processes; dead ones are removed by whoever looks. */
export interface SessionsTable {
  readonly member_id: MemberId;
  readonly session_id: SessionId;
  readonly kind: SessionKind;
  readonly began_at: number;
  readonly renewed_ms: number;
  readonly host: string;
  readonly boot: string;
  readonly pid_space: string;
  readonly pid: number;
  readonly started: string;
}

export type JournalOutcome = 'running' | 'done' | 'failed' | 'abandoned';

export interface JournalTable {
  readonly member_id: MemberId;
  readonly session_id: SessionId;
  readonly kind: SessionKind;
  readonly began_at: number;
  readonly began_ms: number;
  readonly ended_ms: number | null;
  readonly outcome: JournalOutcome;
  /** JSON object: what the session counted. */
  readonly figures: string;
  /** What it was about, sealed to its member; null: nobody said. */
  readonly line: Uint8Array | null;
}

export interface SessionTables {
  sessions: SessionsTable;
  journal: JournalTable;
}
