// One step of the lease `webhook`: what the inbox tells of incidents goes to the operator's program as well, five
// times within a day at the most. A call may come twice if a coordinator dies between sending and noting it; its
// delivery says so.
import { DAY_MS, KuraError, type MemberId, SECOND_MS } from '@kura/base';
import { canonicalJson, type JsonValue } from '@kura/log';
import type { Rows } from '../db/tables.ts';
import { type Outbox, RETRY_MS } from '../mail/send-due.ts';

/** More: one step of a lease would last too long. */
export const MAX_CALLS = 20;
/** None is begun later in a step: the lease ends at thirty. */
const BEGIN_WITHIN_MS = 10 * SECOND_MS;
/** What is older was told before there was a webhook. */
const NEW_MS = 2 * DAY_MS;
const MAX_WHY = 500;

export interface Hook {
  readonly networkId: string;
  readonly nowMs: () => number;
  /** Throws whatever kept it from being taken. */
  readonly call: (message: { readonly delivery: string; readonly body: string }) => Promise<void>;
}

interface Due {
  readonly memberId: MemberId;
  readonly number: number;
  readonly tries: number | null;
  readonly body: string;
  readonly madeMs: number;
}

/** Resolves to how many were taken. */
export async function sendDueCalls({ rows, transact }: Outbox, hook: Hook): Promise<number> {
  let taken = 0;
  const beganMs = hook.nowMs();
  for (const due of await readDue(rows, beganMs)) {
    if (Math.abs(hook.nowMs() - beganMs) > BEGIN_WITHIN_MS) break;
    const why = await call(due, hook);
    if (why === undefined) taken++;
    await transact((all) => note(all, due, { why, nowMs: hook.nowMs() }));
  }
  return taken;
}

/** Those without a row were never tried. */
async function readDue(rows: Rows, nowMs: number): Promise<readonly Due[]> {
  return rows
    .selectFrom('inbox')
    .leftJoin('webhook_calls', (join) =>
      join
        .onRef('webhook_calls.member_id', '=', 'inbox.member_id')
        .onRef('webhook_calls.number', '=', 'inbox.number'),
    )
    .select([
      'inbox.member_id as memberId',
      'inbox.number as number',
      'inbox.body as body',
      'inbox.made_ms as madeMs',
      'webhook_calls.tries as tries',
    ])
    .where('inbox.kind', '=', 'incident')
    .where('inbox.made_ms', '>', nowMs - NEW_MS)
    .where((either) =>
      either.or([
        either('webhook_calls.tries', 'is', null),
        either('webhook_calls.next_ms', '<=', nowMs),
      ]),
    )
    .orderBy('inbox.made_ms')
    .limit(MAX_CALLS)
    .execute();
}

/** Undefined if it was taken; else why not. */
async function call(
  { memberId, number, body, madeMs }: Due,
  { networkId, call: send }: Hook,
): Promise<KuraError | undefined> {
  const message: JsonValue = {
    ...{ kind: 'kura/1 incident message', networkId, memberId, number, madeMs },
    facts: JSON.parse(body) as JsonValue,
  };
  try {
    await send({ delivery: `${memberId}.${number}@${networkId}`, body: canonicalJson(message) });
    return undefined;
  } catch (error) {
    if (error instanceof KuraError) return error;
    throw error;
  }
}

async function note(
  rows: Rows,
  { memberId, number, tries: before }: Due,
  { why, nowMs }: { readonly why: KuraError | undefined; readonly nowMs: number },
): Promise<void> {
  const tries = before ?? 0;
  const waitMs = why === undefined || why.code === 'refused' ? undefined : RETRY_MS[tries];
  const columns = {
    tries: tries + 1,
    next_ms: waitMs === undefined ? null : nowMs + waitMs,
    why: why === undefined ? null : why.message.slice(0, MAX_WHY),
  };
  await rows
    .insertInto('webhook_calls')
    .values({ member_id: memberId, number, ...columns })
    .onConflict((same) => same.columns(['member_id', 'number']).doUpdateSet(columns))
    .execute();
}
