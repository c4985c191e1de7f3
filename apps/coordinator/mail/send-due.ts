// One step of the lease `mail`: what the inbox has for members with an address goes to the relay, five times within
// a day at the most. A mail may come twice if a coordinator dies between sending and noting it, never more often.
import { KuraError, type MemberId } from '@kura/base';
import type { InboxKind } from '../db/inbox-tables.ts';
import type { MemberRows, Rows } from '../db/tables.ts';
import { attachmentOf } from './attachment.ts';
import { type Letter, writeLetter } from './message.ts';
import { afterTry, type Outbox, sendInTurn } from './outbox.ts';

/** More: one step of a lease would last too long. */
export const MAX_LETTERS = 20;

export interface Post {
  readonly from: string;
  /** Part of message ids: the network's id. */
  readonly networkId: string;
  readonly nowMs: () => number;
  /** Throws whatever kept the relay from taking it. */
  readonly send: (mail: {
    readonly from: string;
    readonly to: string;
    readonly message: string;
  }) => Promise<void>;
}

interface Due {
  readonly memberId: MemberId;
  readonly number: number;
  readonly tries: number;
  readonly kind: InboxKind;
  readonly body: string;
  readonly madeMs: number;
  readonly to: string | null;
}

/** Resolves to how many were taken. */
export async function sendDueMail(box: Outbox, post: Post): Promise<number> {
  const { rows } = box;
  const { nowMs } = post;
  return await sendInTurn(box, {
    ...{ due: await readDue(rows, nowMs()), nowMs },
    send: (due) => send({ rows, memberId: due.memberId }, due, post),
    note: (all, due, why) => note(all, due, { why, nowMs: nowMs() }),
  });
}

async function readDue(rows: Rows, nowMs: number): Promise<readonly Due[]> {
  return rows
    .selectFrom('mail')
    .innerJoin('inbox', (join) =>
      join
        .onRef('inbox.member_id', '=', 'mail.member_id')
        .onRef('inbox.number', '=', 'mail.number'),
    )
    .innerJoin('members', 'members.member_id', 'mail.member_id')
    .select([
      'mail.member_id as memberId',
      'mail.number as number',
      'mail.tries as tries',
      'inbox.kind as kind',
      'inbox.body as body',
      'inbox.made_ms as madeMs',
      'members.mail_address as to',
    ])
    .where('mail.next_ms', '<=', nowMs)
    .orderBy('mail.next_ms')
    .limit(MAX_LETTERS)
    .execute();
}

/** Undefined if the relay took it; else why not. */
async function send(of: MemberRows, due: Due, post: Post): Promise<KuraError | undefined> {
  const { to, memberId, number } = due;
  if (to === null) return new KuraError('refused', 'the member has no mail address any more');
  const { from, networkId } = post;
  const messageId = `${memberId}.${number}@${networkId}`;
  const attachment = await attachmentOf(of, due);
  const letter: Letter = { ...due, from, to, messageId, attachment };
  try {
    await post.send({ from, to, message: writeLetter(letter) });
    return undefined;
  } catch (error) {
    if (error instanceof KuraError) return error;
    throw error;
  }
}

async function note(
  rows: Rows,
  { memberId, number, tries }: Due,
  { why, nowMs }: { readonly why: KuraError | undefined; readonly nowMs: number },
): Promise<void> {
  await rows
    .updateTable('mail')
    .set(afterTry(tries, { why, nowMs }))
    .where('member_id', '=', memberId)
    .where('number', '=', number)
    .execute();
}
