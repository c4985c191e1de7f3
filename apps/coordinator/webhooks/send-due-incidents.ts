// One step of the lease `webhook`: what the inbox tells of incidents goes to the operator's program as well, five
// times within a day at the most. A call may come twice if a coordinator dies between sending and noting it; its
// delivery says so.
import { DAY_MS, type KuraError, type MemberId } from '@kura/base';
import { canonicalJson, type JsonValue } from '@kura/log';
import type { Rows } from '../db/tables.ts';
import { afterTry, type Outbox, sendInTurn } from '../mail/outbox.ts';
import { type Hook, MAX_CALLS, tryCall } from './call-out.ts';

/** What is older was told before there was a webhook. */
const NEW_MS = 2 * DAY_MS;

interface Due {
  readonly memberId: MemberId;
  readonly number: number;
  readonly tries: number | null;
  readonly body: string;
  readonly madeMs: number;
}

/** Resolves to how many were taken. */
export async function sendDueIncidents(box: Outbox, hook: Hook): Promise<number> {
  const { nowMs } = hook;
  return await sendInTurn(box, {
    ...{ due: await readDue(box.rows, nowMs()), nowMs },
    send: (due) => call(due, hook),
    note: (rows, due, why) => note(rows, due, { why, nowMs: nowMs() }),
  });
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

function call(due: Due, hook: Hook): Promise<KuraError | undefined> {
  const { memberId, number, body, madeMs } = due;
  const { networkId } = hook;
  const message: JsonValue = {
    ...{ kind: 'kura/1 incident message', networkId, memberId, number, madeMs },
    facts: JSON.parse(body) as JsonValue,
  };
  const delivery = `${memberId}.${number}@${networkId}`;
  return tryCall(hook, { delivery, body: canonicalJson(message) });
}

async function note(
  rows: Rows,
  { memberId, number, tries: before }: Due,
  { why, nowMs }: { readonly why: KuraError | undefined; readonly nowMs: number },
): Promise<void> {
  const columns = afterTry(before ?? 0, { why, nowMs });
  await rows
    .insertInto('webhook_calls')
    .values({ member_id: memberId, number, ...columns })
    .onConflict((same) => same.columns(['member_id', 'number']).doUpdateSet(columns))
    .execute();
}
