// What the commands of audits ask, whoever has the answer: the tables of an embedded network in this process, or the
// coordinator of a network of others, as its operator or as its member.
import type { StoreId } from '@kura/base';
import type {
  AuditFindingView,
  AuditSeedView,
  AuditStatusView,
} from '@kura/contract/wire/endpoints/audit.ts';
import type { StatementView, ValidityView } from '@kura/contract/wire/endpoints/validity.ts';

export interface AuditPort {
  status(): Promise<AuditStatusView>;
  /** The newest first; of a member its own. */
  findings(limit: number): Promise<readonly AuditFindingView[]>;
  /** Of days that are over, the newest first. Throws `unsupported` where nobody else asks. */
  seeds(limit: number): Promise<readonly AuditSeedView[]>;
  /** What is left of the round is due now. */
  hasten(): Promise<void>;
  /** Validity audits, the newest first; of a member its own. Throws `unsupported` in a network of one's own. */
  validity(limit: number): Promise<readonly ValidityView[]>;
  /** Of a member. Throws `not_found`. */
  statement(number: number): Promise<StatementView>;
  /** Throws `refused` for one that is closed, or looked into. */
  object(number: number, text: string): Promise<void>;
  /** Over a store's line in a day; undefined: no bound any more. */
  bound(storeId: StoreId, bytesPerDay: number | undefined): Promise<void>;
}
