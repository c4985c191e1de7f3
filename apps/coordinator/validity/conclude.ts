// The end of a validity audit: the statement that is issued, what the member is told, and, when nobody has objected in
// time, the event that closes it.
import { hash } from 'node:crypto';
import { DAY_MS, isoTime, type Random } from '@kura/base';
import { noteEvent } from '../custody/log-events.ts';
import type { MemberRows, Rows } from '../db/tables.ts';
import type { ValidityAuditsTable } from '../db/validity-tables.ts';
import type { CopyKeys } from '../gateway/copy-keys.ts';
import { tell } from '../inbox/inbox.ts';
import { MAX_OBJECTIONS } from './object.ts';
import type { ValiditySettings } from './open-due.ts';
import type { Standing, StoreOfStatement } from './standing.ts';
import { objectionsOf, writeStatement } from './statement.ts';

/** Closed in one step. */
const MAX_CLOSED = 200;

export interface Issuing {
  readonly networkId: string;
  readonly keys: Pick<CopyKeys, 'keysFor'>;
  readonly settings: ValiditySettings;
  readonly nowMs: number;
}

type NamedStore = StoreOfStatement & { readonly keyHash: string };

/** With the hash of the key that the card has for each. Not within a transaction: keys have rows of their own. */
export async function nameKeys(
  stores: readonly StoreOfStatement[],
  { member_id: memberId }: ValidityAuditsTable,
  keys: Issuing['keys'],
): Promise<readonly NamedStore[]> {
  const named: NamedStore[] = [];
  for (const store of stores) {
    const { copyKey } = await keys.keysFor(memberId, store.storeId);
    named.push({ ...store, keyHash: hash('sha256', copyKey) });
  }
  return named;
}

/** Nothing if the audit has gone on meanwhile. */
export async function issue(
  rows: Rows,
  audit: ValidityAuditsTable,
  drawn: { readonly standing: Standing; readonly stores: readonly NamedStore[] },
  { networkId, settings, nowMs }: Omit<Issuing, 'keys'>,
): Promise<void> {
  const { member_id: memberId, number, attempt } = audit;
  const isFinal = objectionsOf(audit).length >= MAX_OBJECTIONS;
  const objectUntilMs = nowMs + (isFinal ? 0 : settings.objectionDays * DAY_MS);
  const { numUpdatedRows } = await rows
    .updateTable('validity_audits')
    .set({ state: 'issued', object_until_ms: objectUntilMs })
    .where('member_id', '=', memberId)
    .where('number', '=', number)
    .where('attempt', '=', attempt)
    .where('state', '=', 'auditing')
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return;
  const { standing, stores } = drawn;
  const facts = { networkId, audit, standing, stores, endedMs: nowMs, objectUntilMs };
  const { body, bodyHash } = writeStatement(facts);
  await rows
    .insertInto('validity_statements')
    .values({
      ...{ member_id: memberId, number, attempt, made_ms: nowMs, result: standing.result },
      ...{ body, body_hash: bodyHash, event: null },
    })
    .execute();
  await tellIssued({ rows, memberId }, { number, standing, objectUntilMs, isFinal, nowMs });
}

const WORDS: Readonly<Record<Standing['result'], string>> = {
  valid: 'All that you have in custody was looked at, and is as you entrusted it.',
  restored: 'Something was not as it should be, and was made anew. All of it is whole now.',
  unproved: 'Some copies could not be looked at in time, because their store is away.',
  short: 'Some of it has fewer copies than it should have; more are being made.',
};

async function tellIssued(
  of: MemberRows,
  told: {
    readonly number: number;
    readonly standing: Standing;
    readonly objectUntilMs: number;
    readonly isFinal: boolean;
    readonly nowMs: number;
  },
): Promise<void> {
  const { number, standing, objectUntilMs, isFinal, nowMs } = told;
  const { result, packs, copies, unproved, short, incidentCount: incidents } = standing;
  const until = isoTime(objectUntilMs);
  const how = isFinal
    ? 'This statement is final.'
    : `Until ${until} you may object: kura audit validity object ${number} "TEXT"`;
  const body = {
    message: `${WORDS[result]} ${how}`,
    ...{ statement: number, result, packs, copies, unproved, short, incidents, until },
    see: `kura audit validity show ${number}`,
  };
  await tell(of, { kind: 'statement', body, nowMs });
}

/** Statements to which nobody has objected in time. Resolves to how many. */
export async function closeDue(
  rows: Rows,
  { random, nowMs }: { readonly random: Random; readonly nowMs: number },
): Promise<number> {
  const due = await rows
    .selectFrom('validity_audits')
    .selectAll()
    .where('state', '=', 'issued')
    .where('object_until_ms', '<=', nowMs)
    .orderBy('object_until_ms')
    .limit(MAX_CLOSED)
    .execute();
  for (const { member_id: memberId, number, attempt } of due) {
    const { body_hash: statement } = await rows
      .selectFrom('validity_statements')
      .select('body_hash')
      .where('member_id', '=', memberId)
      .where('number', '=', number)
      .where('attempt', '=', attempt)
      .executeTakeFirstOrThrow();
    const settled = { event: 'settled', subject: { statement }, about: `${number}` } as const;
    const event = await noteEvent({ rows, memberId }, settled, { random, nowMs });
    await rows
      .updateTable('validity_statements')
      .set({ event })
      .where('member_id', '=', memberId)
      .where('number', '=', number)
      .where('attempt', '=', attempt)
      .execute();
    await rows
      .updateTable('validity_audits')
      .set({ state: 'closed' })
      .where('member_id', '=', memberId)
      .where('number', '=', number)
      .execute();
  }
  return due.length;
}
