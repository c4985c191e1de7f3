// One step of the lease `member webhooks`: each hook that has something to hear gets its oldest message, all at once,
// so that who answers slowly holds up nobody else. What became of each is noted one after the other.
import { DAY_MS, HOUR_MS, type KuraError, type MemberId, MINUTE_MS } from '@kura/base';
import { canonicalJson, type JsonValue } from '@kura/log';
import type { InboxTable } from '../db/inbox-tables.ts';
import type { MemberRows, Rows } from '../db/tables.ts';
import { tell } from '../inbox/inbox.ts';
import { bodyText } from '../mail/message.ts';
import { MAX_WHY, type Outbox } from '../mail/outbox.ts';
import { tryCall } from './call-out.ts';
import { NEW_MS, readHook } from './member-hooks.ts';

/** At once; more: one step has more sockets open than a coordinator should give strangers. */
export const MAX_HOOKS = 20;
/** After each failure in a row; then the last one again and again. */
export const WAITS_MS: readonly number[] = [MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS];
/** Shorter: a weekend's outage would end it. */
export const OFF_AFTER_MS = 3 * DAY_MS;
/** Fewer: two messages far apart that went wrong would end it. */
export const OFF_AFTER_TRIES = 5;

export interface MemberCall {
  readonly url: URL;
  /** Of the setting: what its secret follows from. */
  readonly of: { readonly memberId: MemberId; readonly setMs: number };
  readonly delivery: string;
  readonly body: string;
}

export interface MemberCalls {
  readonly networkId: string;
  readonly nowMs: () => number;
  /** Throws whatever kept it from being taken. */
  readonly call: (call: MemberCall) => Promise<void>;
}

interface Due {
  readonly memberId: MemberId;
  readonly setMs: number;
  readonly url: string;
  /** undefined: what waited has become too old. */
  readonly message: InboxTable | undefined;
}

/** Resolves to how many messages were taken. */
export async function callMembers({ rows, transact }: Outbox, calls: MemberCalls): Promise<number> {
  const { nowMs } = calls;
  const due = await readDue(rows, nowMs());
  const outcomes = await Promise.all(
    due.map(async (one) => ({ one, why: await send(one, calls) })),
  );
  for (const { one, why } of outcomes) {
    await transact((all) =>
      note({ rows: all, memberId: one.memberId }, one, { why, nowMs: nowMs() }),
    );
  }
  return outcomes.filter(({ one, why }) => one.message !== undefined && why === undefined).length;
}

async function readDue(rows: Rows, nowMs: number): Promise<readonly Due[]> {
  const hooks = await rows
    .selectFrom('member_hooks')
    .selectAll()
    .where('next_ms', '<=', nowMs)
    .where('is_on', '=', 1)
    .orderBy('next_ms')
    .limit(MAX_HOOKS)
    .execute();
  const due: Due[] = [];
  for (const { member_id: memberId, set_ms: setMs, url, sent_number: after } of hooks) {
    if (url === null) continue;
    const message = await nextMessage({ rows, memberId }, { after, nowMs });
    due.push({ memberId, setMs, url, message });
  }
  return due;
}

function nextMessage(
  { rows, memberId }: MemberRows,
  { after, nowMs }: { readonly after: number; readonly nowMs: number },
): Promise<InboxTable | undefined> {
  return rows
    .selectFrom('inbox')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('number', '>', after)
    .where('made_ms', '>', nowMs - NEW_MS)
    .orderBy('number')
    .limit(1)
    .executeTakeFirst();
}

/** Undefined if it was taken, or if there is none; else why not. */
async function send(due: Due, { networkId, call }: MemberCalls): Promise<KuraError | undefined> {
  const { memberId, setMs, message } = due;
  if (message === undefined) return undefined;
  const { number, kind, made_ms: madeMs, body } = message;
  const said: JsonValue = {
    ...{ kind: 'kura/1 message', networkId, memberId, number, about: kind, madeMs },
    ...{ text: bodyText(body), facts: JSON.parse(body) as JsonValue },
  };
  const delivery = `${memberId}.${number}@${networkId}`;
  const sending = { url: new URL(due.url), of: { memberId, setMs } };
  return await tryCall(
    { call: (one) => call({ ...sending, ...one }) },
    { delivery, body: canonicalJson(said) },
  );
}

interface Outcome {
  readonly why: KuraError | undefined;
  readonly nowMs: number;
}

/** Nothing if the hook was set anew or taken away meanwhile. */
async function note(of: MemberRows, due: Due, outcome: Outcome): Promise<void> {
  const hook = await readHook(of);
  if (hook === undefined || hook.set_ms !== due.setMs || hook.is_on === 0) return;
  const { why, nowMs } = outcome;
  const isOver = why === undefined || why.code === 'refused';
  const after = isOver && due.message !== undefined ? due.message.number : hook.sent_number;
  const isMore = (await nextMessage(of, { after, nowMs })) !== undefined;
  if (why === undefined) {
    const wasTaken = due.message !== undefined && { tries: 0, failing_ms: null, why: null };
    await write(of, { sent_number: after, next_ms: isMore ? nowMs : null, ...wasTaken });
    return;
  }
  const tries = hook.tries + 1;
  const failingMs = hook.failing_ms ?? nowMs;
  const failed = {
    sent_number: after,
    tries,
    failing_ms: failingMs,
    why: why.message.slice(0, MAX_WHY),
  };
  if (nowMs - failingMs >= OFF_AFTER_MS && tries >= OFF_AFTER_TRIES) {
    await write(of, { ...failed, is_on: 0, next_ms: null });
    await tellOff(of, { url: due.url, why: failed.why, sinceMs: failingMs, nowMs });
    return;
  }
  const waitMs = WAITS_MS[Math.min(hook.tries, WAITS_MS.length - 1)] ?? 0;
  await write(of, { ...failed, next_ms: isMore ? nowMs + waitMs : null });
}

async function write(
  { rows, memberId }: MemberRows,
  columns: {
    readonly sent_number: number;
    readonly next_ms: number | null;
    readonly is_on?: number;
    readonly tries?: number;
    readonly failing_ms?: number | null;
    readonly why?: string | null;
  },
): Promise<void> {
  await rows.updateTable('member_hooks').set(columns).where('member_id', '=', memberId).execute();
}

async function tellOff(
  of: MemberRows,
  told: {
    readonly url: string;
    readonly why: string;
    readonly sinceMs: number;
    readonly nowMs: number;
  },
): Promise<void> {
  const { host } = new URL(told.url);
  const since = new Date(told.sinceMs).toISOString();
  const message = `${host} has taken none of your messages since ${since}, so none is sent there any more.`;
  const body = { message, host, why: told.why, see: 'kura inbox webhook set' };
  await tell(of, { kind: 'webhook', body, nowMs: told.nowMs });
}
