// One-time tokens: how somebody whom the network does not know yet is let in. The tables keep a hash of the secret;
// a token is used in the transaction that issues what it is for, so never twice.
import { createHash, timingSafeEqual } from 'node:crypto';
import { assert, DAY_MS, HOUR_MS, KuraError, type Random, toHex } from '@kura/base';
import { TOKEN_ID_BYTES, TOKEN_SECRET_BYTES, type Token } from '@kura/certificates';
import { transact } from '@kura/database';
import type { CoordinatorDatabase, Rows, TokenPurpose, TokensTable } from '../db/tables.ts';

/** What is certified is here, never in the request. */
export interface TokenDetails {
  /** Of a member's token. */
  readonly planId?: string;
  readonly paidUntilMs?: number;
  readonly mailAddress?: string;
  /** Of an operator's token: the name. */
  readonly operator?: string;
}

export const TOKEN_LASTS_MS = 72 * HOUR_MS;
export const TOKEN_MAX_MS = 30 * DAY_MS;
/** A secret of 16 bytes cannot be guessed; this is for the log, and for whoever tries. */
export const MAX_TOKEN_FAILURES = 10;

export type TokenReason = 'unknown' | 'wrong secret' | 'used' | 'expired' | 'worn out' | 'purpose';

function refusal(reason: TokenReason, message: string): KuraError {
  return new KuraError('refused', message, {
    guidance: 'Ask the operator for a new invitation.',
    context: { reason },
  });
}

const hashOf = (secret: Uint8Array): Buffer => createHash('sha256').update(secret).digest();

export interface TokenOrder {
  readonly purpose: TokenPurpose;
  readonly details: TokenDetails;
  readonly madeBy: string;
  readonly lastsMs?: number;
  readonly nowMs: number;
  readonly random: Random;
}

/** The secret is in the answer and nowhere else. */
export async function makeToken(rows: Rows, order: TokenOrder): Promise<Token> {
  const { purpose, details, madeBy, lastsMs = TOKEN_LASTS_MS, nowMs, random } = order;
  assert(lastsMs > 0 && lastsMs <= TOKEN_MAX_MS, 'a token lasts at most 30 days');
  const token = {
    tokenId: toHex(random.bytes(TOKEN_ID_BYTES)),
    secret: random.bytes(TOKEN_SECRET_BYTES),
  };
  await rows
    .insertInto('tokens')
    .values({
      token_id: token.tokenId,
      secret_hash: new Uint8Array(hashOf(token.secret)),
      purpose,
      details: JSON.stringify(details),
      made_by: madeBy,
      made_ms: nowMs,
      until_ms: nowMs + lastsMs,
      used_ms: null,
      failures: 0,
    })
    .execute();
  return token;
}

export interface TokenUse {
  readonly token: Token;
  readonly purposes: readonly TokenPurpose[];
  readonly nowMs: number;
}

export interface OpenToken {
  readonly tokenId: string;
  readonly purpose: TokenPurpose;
  readonly details: TokenDetails;
}

/** Thrown so that the failure is counted outside the transaction that it ends. */
const isGuess = (error: unknown): boolean =>
  error instanceof KuraError && error.context.reason === 'wrong secret';

/**
 * Runs `work` in one transaction with the token that was shown. Throws `refused` with `context.reason`; a wrong
 * secret is counted.
 */
export async function withToken<Result>(
  database: CoordinatorDatabase,
  use: TokenUse,
  work: (rows: Rows, token: OpenToken) => Promise<Result>,
): Promise<Result> {
  try {
    return await transact(database, async (rows) => work(rows, await openToken(rows, use)));
  } catch (error) {
    if (isGuess(error)) await transact(database, (rows) => countFailure(rows, use.token.tokenId));
    throw error;
  }
}

async function openToken(rows: Rows, { token, purposes, nowMs }: TokenUse): Promise<OpenToken> {
  const row = await rows
    .selectFrom('tokens')
    .selectAll()
    .where('token_id', '=', token.tokenId)
    .executeTakeFirst();
  if (row === undefined) throw refusal('unknown', 'this invitation is not known here');
  judgeToken(row, token, nowMs);
  if (!purposes.includes(row.purpose)) {
    throw refusal('purpose', `this invitation is for a ${row.purpose}`);
  }
  const details = JSON.parse(row.details) as TokenDetails;
  return { tokenId: row.token_id, purpose: row.purpose, details };
}

function judgeToken(row: TokensTable, { secret }: Token, nowMs: number): void {
  if (row.failures >= MAX_TOKEN_FAILURES) {
    throw refusal('worn out', 'this invitation was tried too often with a wrong secret');
  }
  if (!timingSafeEqual(hashOf(secret), row.secret_hash)) {
    throw refusal('wrong secret', 'this invitation is not the one that was given out');
  }
  if (row.used_ms !== null) throw refusal('used', 'this invitation was used already');
  if (nowMs >= row.until_ms) throw refusal('expired', 'this invitation has expired');
}

async function countFailure(rows: Rows, tokenId: string): Promise<void> {
  await rows
    .updateTable('tokens')
    .set((all) => ({ failures: all('failures', '+', 1) }))
    .where('token_id', '=', tokenId)
    .execute();
}

/** In the transaction of `withToken`. Two at the same moment: one of them finds it used. */
export async function useToken(rows: Rows, tokenId: string, nowMs: number): Promise<void> {
  const used = await rows
    .updateTable('tokens')
    .set({ used_ms: nowMs })
    .where('token_id', '=', tokenId)
    .where('used_ms', 'is', null)
    .returning('token_id')
    .executeTakeFirst();
  if (used === undefined) throw refusal('used', 'this invitation was used already');
}
