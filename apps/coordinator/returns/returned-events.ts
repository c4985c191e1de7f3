// Events of custody that a member's card has given back: each follows the one before it, and is in the log at the place
// that it names. Events that the rebuilt network has noted meanwhile got no leaf yet, so nobody has seen them: they
// come after.
import { KuraError, toHex } from '@kura/base';
import type { CustodyReceipt } from '@kura/contract';
import { formatEvent, parseCustodyRecord, parseEvent, recordEntryHash } from '@kura/log';
import type { CustodyEventsTable } from '../db/custody-tables.ts';
import type { MemberRows } from '../db/tables.ts';
import { isEntryAt } from '../log/read-entry.ts';

export interface ReturnedEvent {
  /** Within the member's chain, from 1. */
  readonly number: number;
  readonly receipt: Pick<CustodyReceipt, 'body' | 'leafIndex'>;
}

/** What lists say of an event that only a card knew. */
const ABOUT = 'given back by a card';

/**
 * Ascending by number. Those that have their leaf here are passed over. Resolves to how many were new. Throws `refused`
 * for one that does not follow, or that the log does not have: those before it stay untaken, too.
 */
export async function takeEvents(
  of: MemberRows,
  events: readonly ReturnedEvent[],
  origin: string,
): Promise<number> {
  const rows = await chainOf(of);
  const told = rows.filter(({ leaf_index: leaf }) => leaf !== null);
  const last = told.at(-1);
  const fresh = events.filter(({ number }) => number > (last?.number ?? 0));
  if (fresh.length === 0) return 0;
  let previous = last;
  const taken: CustodyEventsTable[] = [];
  for (const event of fresh) {
    previous = await follow(of, event, { previous, origin });
    taken.push(previous);
  }
  const bodies = new Set(taken.map(({ body }) => body));
  const waiting = rows.filter(({ leaf_index: leaf, body }) => leaf === null && !bodies.has(body));
  await replaceAfter(of, last?.number ?? 0, [...taken, ...rechained(waiting, previous)]);
  return taken.length;
}

async function chainOf({ rows, memberId }: MemberRows): Promise<readonly CustodyEventsTable[]> {
  return rows
    .selectFrom('custody_events')
    .selectAll()
    .where('member_id', '=', memberId)
    .orderBy('number')
    .execute();
}

async function follow(
  { rows, memberId }: MemberRows,
  { number, receipt: { body, leafIndex } }: ReturnedEvent,
  {
    previous,
    origin,
  }: { readonly previous: CustodyEventsTable | undefined; readonly origin: string },
): Promise<CustodyEventsTable> {
  const event = parseEvent(body);
  const isNext =
    number === (previous?.number ?? 0) + 1 &&
    event.memberId === memberId &&
    event.previous === hashOf(previous);
  if (!isNext) throw refused(number, 'does not follow the one before it');
  const entry = recordEntryHash(body, { kind: 'event', event });
  if (!(await isEntryAt(rows, leafIndex, entry))) throw refused(number, 'is not in the log');
  return {
    ...{ member_id: memberId, number, event: event.event, subject: ABOUT, body },
    ...{ made_ms: event.timeMs, leaf_index: leafIndex, log_origin: origin },
  };
}

function refused(number: number, why: string): KuraError {
  return new KuraError('refused', `event ${number} of custody ${why}`, {
    guidance: 'Use tiles of the log that are as new as the card.',
    context: { reason: 'chain', number },
  });
}

function hashOf(event: Pick<CustodyEventsTable, 'body'> | undefined): string | null {
  if (event === undefined) return null;
  return toHex(recordEntryHash(event.body, parseCustodyRecord(event.body)));
}

/** The same events, after `before`. */
function rechained(
  waiting: readonly CustodyEventsTable[],
  before: CustodyEventsTable | undefined,
): readonly CustodyEventsTable[] {
  let last = before;
  return waiting.map((row) => {
    const body = formatEvent({ ...parseEvent(row.body), previous: hashOf(last) });
    last = { ...row, body, number: (last?.number ?? 0) + 1 };
    return last;
  });
}

async function replaceAfter(
  { rows, memberId }: MemberRows,
  after: number,
  events: readonly CustodyEventsTable[],
): Promise<void> {
  await rows
    .deleteFrom('custody_events')
    .where('member_id', '=', memberId)
    .where('number', '>', after)
    .execute();
  await rows
    .insertInto('custody_events')
    .values([...events])
    .execute();
}
