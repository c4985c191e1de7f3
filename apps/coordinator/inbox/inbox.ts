// Row C12: what the network tells a member: numbered messages that stay until they are read, and go out by mail as
// well where the member has an address. No key is ever in one.
import { assert } from '@kura/base';
import { MAX_INBOX_BODY } from '@kura/contract/wire/endpoints/account.ts';
import type { InboxKind } from '../db/inbox-tables.ts';
import type { MemberRows } from '../db/tables.ts';

/** Facts, for people and programs alike. */
export type InboxBody = Readonly<Record<string, string | number | boolean | null>>;

export interface InboxMessage {
  readonly number: number;
  readonly kind: InboxKind;
  readonly madeMs: number;
  readonly readMs: number | undefined;
  /** A JSON object. */
  readonly body: string;
}

/** In the transaction of what it tells about; resolves to the message's number. */
export async function tell(
  of: MemberRows,
  message: { readonly kind: InboxKind; readonly body: InboxBody; readonly nowMs: number },
): Promise<number> {
  const { rows, memberId } = of;
  const body = JSON.stringify(message.body);
  assert(body.length <= MAX_INBOX_BODY, 'a message has a bounded length');
  const number = (await lastNumber(of)) + 1;
  const { kind, nowMs } = message;
  await rows
    .insertInto('inbox')
    .values({ member_id: memberId, number, kind, body, made_ms: nowMs, read_ms: null })
    .execute();
  if (await hasMail(of)) {
    await rows
      .insertInto('mail')
      .values({ member_id: memberId, number, tries: 0, next_ms: nowMs, why: null })
      .execute();
  }
  await wakeHook(of, nowMs);
  return number;
}

/** 0: nothing was told yet. */
export async function lastNumber({ rows, memberId }: MemberRows): Promise<number> {
  const { last } = await rows
    .selectFrom('inbox')
    .select((all) => all.fn.max('number').as('last'))
    .where('member_id', '=', memberId)
    .executeTakeFirstOrThrow();
  return last ?? 0;
}

/** One that waits already, or failed and waits longer, is not hurried. */
async function wakeHook({ rows, memberId }: MemberRows, nowMs: number): Promise<void> {
  await rows
    .updateTable('member_hooks')
    .set({ next_ms: nowMs })
    .where('member_id', '=', memberId)
    .where('is_on', '=', 1)
    .where('next_ms', 'is', null)
    .execute();
}

async function hasMail({ rows, memberId }: MemberRows): Promise<boolean> {
  const row = await rows
    .selectFrom('members')
    .select('mail_address')
    .where('member_id', '=', memberId)
    .executeTakeFirstOrThrow();
  return row.mail_address !== null;
}

/** The oldest first, from the number after `after` on. */
export async function readInbox(
  { rows, memberId }: MemberRows,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly InboxMessage[]> {
  const all = await rows
    .selectFrom('inbox')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('number', '>', page.after)
    .orderBy('number')
    .limit(page.limit)
    .execute();
  return all.map((row) => ({
    number: row.number,
    kind: row.kind,
    madeMs: row.made_ms,
    readMs: row.read_ms ?? undefined,
    body: row.body,
  }));
}

/** Up to and with this number; what was read before keeps its time. */
export async function noteRead(
  { rows, memberId }: MemberRows,
  { upTo, nowMs }: { readonly upTo: number; readonly nowMs: number },
): Promise<void> {
  await rows
    .updateTable('inbox')
    .set({ read_ms: nowMs })
    .where('member_id', '=', memberId)
    .where('number', '<=', upTo)
    .where('read_ms', 'is', null)
    .execute();
}
