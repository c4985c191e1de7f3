// A member's webhook as it stands in the tables: set, taken away, shown, and woken when there is something to say
// (docs/design/webhook.md). Who calls it is `call-members.ts`.
import { DAY_MS, KuraError } from '@kura/base';
import { parseMemberWebhookUrl } from '@kura/wire/outside/webhook.ts';
import type { MemberHooksTable } from '../db/inbox-tables.ts';
import type { MemberRows } from '../db/tables.ts';
import { lastNumber, tell } from '../inbox/inbox.ts';

/** More: a member can make the network knock at strangers' doors. */
export const MAX_SETS_A_DAY = 10;
/** What is older is left in the inbox. */
export const NEW_MS = 2 * DAY_MS;

export interface HookView {
  readonly url: string | undefined;
  readonly isOn: boolean;
  readonly setMs: number | undefined;
  /** Messages that it has still to get. */
  readonly waiting: number;
  readonly failingMs: number | undefined;
  readonly why: string | undefined;
}

export function readHook({ rows, memberId }: MemberRows): Promise<MemberHooksTable | undefined> {
  return rows
    .selectFrom('member_hooks')
    .selectAll()
    .where('member_id', '=', memberId)
    .executeTakeFirst();
}

export async function showHook(of: MemberRows, nowMs: number): Promise<HookView> {
  const hook = await readHook(of);
  const isOn = hook?.is_on === 1;
  return {
    ...{ url: hook?.url ?? undefined, isOn, why: hook?.why ?? undefined },
    setMs: hook?.set_ms,
    waiting: isOn ? await countWaiting(of, hook, nowMs) : 0,
    failingMs: hook?.failing_ms ?? undefined,
  };
}

/**
 * In place of the one before; resolves to the moment that its secret follows from. Throws `usage` for an address that
 * is none, `busy` for one too many of a day.
 */
export async function setHook(of: MemberRows, text: string, nowMs: number): Promise<number> {
  const { href: url, host } = parseMemberWebhookUrl(text);
  const known = await readHook(of);
  const counted = countSet(known, nowMs);
  const setMs = nextSetMs(known, nowMs);
  const columns = {
    ...{ url, is_on: 1, set_ms: setMs, ...counted },
    ...{ sent_number: await lastNumber(of), next_ms: null, tries: 0, failing_ms: null, why: null },
  };
  await of.rows
    .insertInto('member_hooks')
    .values({ member_id: of.memberId, ...columns })
    .onConflict((same) => same.column('member_id').doUpdateSet(columns))
    .execute();
  const message = `From now on your messages are sent to ${host} as well.`;
  const body = { message, host, see: 'kura inbox webhook' };
  await tell(of, { kind: 'webhook', body, nowMs });
  return setMs;
}

/** Nothing goes there any more. */
export async function clearHook(of: MemberRows, nowMs: number): Promise<void> {
  const known = await readHook(of);
  if (known === undefined || known.url === null) return;
  await of.rows
    .updateTable('member_hooks')
    .set({ url: null, is_on: 0, next_ms: null, tries: 0, failing_ms: null, why: null })
    .where('member_id', '=', of.memberId)
    .execute();
  const { host } = new URL(known.url);
  const message = `Your messages are not sent to ${host} any more.`;
  await tell(of, { kind: 'webhook', body: { message, host }, nowMs });
}

/** The moment is half of what its secret follows from: no two settings have the same. */
function nextSetMs(known: MemberHooksTable | undefined, nowMs: number): number {
  return known === undefined ? nowMs : Math.max(nowMs, known.set_ms + 1);
}

function countSet(known: MemberHooksTable | undefined, nowMs: number) {
  if (known === undefined || Math.abs(nowMs - known.sets_ms) >= DAY_MS) {
    return { sets: 1, sets_ms: nowMs };
  }
  if (known.sets < MAX_SETS_A_DAY) return { sets: known.sets + 1, sets_ms: known.sets_ms };
  throw new KuraError('busy', `a webhook is set at most ${MAX_SETS_A_DAY} times a day`, {
    guidance: 'Try again tomorrow.',
    context: { retryMs: DAY_MS },
  });
}

async function countWaiting(of: MemberRows, hook: MemberHooksTable, nowMs: number) {
  const { waiting } = await of.rows
    .selectFrom('inbox')
    .select((all) => all.fn.countAll<number | string>().as('waiting'))
    .where('member_id', '=', of.memberId)
    .where('number', '>', hook.sent_number)
    .where('made_ms', '>', nowMs - NEW_MS)
    .executeTakeFirstOrThrow();
  return Number(waiting);
}
