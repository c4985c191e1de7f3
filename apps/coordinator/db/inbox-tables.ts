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

/** An address of a member's own that is called with what the inbox gets; none more than one. */
export interface MemberHooksTable {
  readonly member_id: MemberId;
  /** Null: it was taken away. */
  readonly url: string | null;
  /** 0: it failed for too long, or was taken away. */
  readonly is_on: number;
  readonly set_ms: number;
  /** How often it was set within a day, and when that day began. */
  readonly sets: number;
  readonly sets_ms: number;
  /** Last message that was taken or given up. */
  readonly sent_number: number;
  /** Null: nothing waits. */
  readonly next_ms: number | null;
  /** Failures in a row. */
  readonly tries: number;
  /** Since when nothing was taken; null: it works. */
  readonly failing_ms: number | null;
  readonly why: string | null;
}

export interface InboxTables {
  inbox: InboxTable;
  mail: MailTable;
  member_hooks: MemberHooksTable;
}
