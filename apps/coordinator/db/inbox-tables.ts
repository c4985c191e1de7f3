// The tables of what members are told, as types.
import type { MemberId } from '@kura/base';
import type { INBOX_KINDS } from '@kura/contract/wire/endpoints/account.ts';

export type InboxKind = (typeof INBOX_KINDS)[number];

export interface InboxTable {
  readonly member_id: MemberId;
  readonly number: number;
  readonly kind: InboxKind;
  /** A JSON object. */
  readonly body: string;
  readonly made_ms: number;
  readonly read_ms: number | null;
}

/** Messages of the inbox that go out by mail as well. */
export interface MailTable {
  readonly member_id: MemberId;
  readonly number: number;
  readonly tries: number;
  /** Null: sent, or given up (`why`). */
  readonly next_ms: number | null;
  readonly why: string | null;
}

export interface InboxTables {
  inbox: InboxTable;
  mail: MailTable;
}
