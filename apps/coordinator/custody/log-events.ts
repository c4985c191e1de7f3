// What happens to data in custody, as events: each is written in the transaction of the rows that it tells of, names
// the member's event before, and gets its leaf of the log from a program that has the log's key, at once or within
// seconds. The body goes to the member only; the log gets its salted hash.
import { type MemberId, must, type Random, toHex } from '@kura/base';
import {
  type CustodyEvent,
  type EventName,
  type EventSubjects,
  formatEvent,
  parseCustodyRecord,
  recordEntryHash,
} from '@kura/log';
import type { CustodyEventsTable } from '../db/custody-tables.ts';
import type { MemberRows, Rows } from '../db/tables.ts';
import { awaitedMembers } from '../returns/awaited.ts';
import { appendLogEntry } from './log-entries.ts';
import type { LogSigner } from './log-key.ts';

/** `{ event: 'deleted', subject: DeletedSubject, about }` and so on. */
export type NewEvent = {
  readonly [Name in EventName]: {
    readonly event: Name;
    readonly subject: EventSubjects[Name];
    /** Names what it is about in lists: a move, a store, a device. */
    readonly about: string;
  };
}[EventName];

export interface Noting {
  /** For the salt. */
  readonly random: Random;
  readonly nowMs: number;
}

export interface LoggedEvent {
  /** Within the member's chain, from 1. */
  readonly number: number;
  readonly event: EventName;
  readonly body: string;
  /** Undefined while it waits for a program that has the log's key. */
  readonly leafIndex: number | undefined;
}

const SALT_BYTES = 32;
/** Leaves of one transaction: it holds up whoever commits a snapshot. */
const MAX_LEAVES = 100;

/**
 * For programs without the log's key: the event is as durable as the rows beside it, and `logDueEvents` gives it its
 * leaf. Resolves to its number.
 */
export async function noteEvent(
  of: MemberRows,
  event: NewEvent,
  { random, nowMs }: Noting,
): Promise<number> {
  const { rows, memberId } = of;
  const before = await lastEvent(of);
  const number = (before?.number ?? 0) + 1;
  const { event: name, subject, about } = event;
  const body = formatEvent({
    ...{ memberId, event: name, subject, timeMs: nowMs },
    previous: before === undefined ? null : toHex(entryHashOf(before.body)),
    salt: toHex(random.bytes(SALT_BYTES)),
  } as CustodyEvent);
  await rows
    .insertInto('custody_events')
    .values({
      ...{ member_id: memberId, number, event: name, subject: about, body, made_ms: nowMs },
      ...{ leaf_index: null, log_origin: null },
    })
    .execute();
  return number;
}

/** With its leaf, in this transaction; events of this member that still waited come before it. */
export async function appendEvent(
  of: MemberRows,
  event: NewEvent,
  writing: Noting & { readonly signer: LogSigner },
): Promise<LoggedEvent> {
  await noteEvent(of, event, writing);
  const logged = await logOwnEvents(of, writing.signer);
  return must(logged.at(-1), 'nobody is told of a member who is waited for');
}

/** Events of one member that wait: before a leaf of theirs that is younger. */
export async function logOwnEvents(
  { rows, memberId }: MemberRows,
  signer: LogSigner,
): Promise<readonly LoggedEvent[]> {
  return logAll(rows, await dueEvents(rows, { memberId }), signer);
}

/** Those that wait get their leaves, oldest first. Resolves to how many, of this one transaction. */
export async function logDueEvents(rows: Rows, signer: LogSigner): Promise<number> {
  const due = await dueEvents(rows, { limit: MAX_LEAVES });
  return (await logAll(rows, due, signer)).length;
}

/** In the member's order, from the number after `after` on. */
export async function readEvents(
  { rows, memberId }: MemberRows,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly CustodyEventsTable[]> {
  return rows
    .selectFrom('custody_events')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('number', '>', after)
    .orderBy('number')
    .limit(limit)
    .execute();
}

/** What the log has of an event. */
function entryHashOf(body: string): Uint8Array {
  return recordEntryHash(body, parseCustodyRecord(body));
}

async function lastEvent({ rows, memberId }: MemberRows) {
  return rows
    .selectFrom('custody_events')
    .select(['number', 'body'])
    .where('member_id', '=', memberId)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
}

async function dueEvents(
  rows: Rows,
  { memberId, limit }: { readonly memberId?: MemberId; readonly limit?: number },
): Promise<readonly CustodyEventsTable[]> {
  let due = rows
    .selectFrom('custody_events')
    .selectAll()
    .where('leaf_index', 'is', null)
    .where('member_id', 'not in', awaitedMembers(rows));
  if (memberId !== undefined) due = due.where('member_id', '=', memberId);
  if (limit !== undefined) due = due.limit(limit);
  // A member's events get their leaves in the order of their chain, whatever the clock said when they were made.
  return due.orderBy('member_id').orderBy('number').execute();
}

async function logAll(
  rows: Rows,
  due: readonly CustodyEventsTable[],
  signer: LogSigner,
): Promise<LoggedEvent[]> {
  const logged: LoggedEvent[] = [];
  for (const { member_id: memberId, number, event, body } of due) {
    const { leafIndex } = await appendLogEntry(rows, entryHashOf(body), signer);
    await rows
      .updateTable('custody_events')
      .set({ leaf_index: leafIndex, log_origin: signer.origin })
      .where('member_id', '=', memberId)
      .where('number', '=', number)
      .execute();
    logged.push({ number, event, body, leafIndex });
  }
  return logged;
}
