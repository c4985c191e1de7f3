// Logging in with an account: a further device, or one whose certificate has ended. Whether an account exists can
// be seen neither in the answers nor in the limits.
import { timingSafeEqual } from 'node:crypto';
import { HOUR_MS, KuraError, type MemberId, MINUTE_MS, toHex } from '@kura/base';
import { openDeviceProof } from '@kura/contract';
import type { LoginStatement } from '@kura/contract/wire/endpoints/account.ts';
import { loginMac } from '@kura/contract/wire/join-proof.ts';
import { transact } from '@kura/database';
import type { Service } from '../authority/service.ts';
import type { Rows } from '../db/tables.ts';
import { readMember } from '../members/members.ts';
import { addDevice } from './devices.ts';

/** A person types no longer; the library's state is worth nothing afterwards. */
export const LOGIN_LASTS_MS = 2 * MINUTE_MS;
/** Logins that were begun and did not end well count: the server cannot tell a wrong passphrase from none. */
export const MAX_LOGIN_FAILURES = 10;
export const FAILURES_COUNT_MS = HOUR_MS;
/** Of the whole network: a flood of names fills no disk. */
export const MAX_OPEN_LOGINS = 10_000;
const LOGIN_ID_BYTES = 16;

function wrong(): KuraError {
  return new KuraError('wrong_passphrase', 'the account or its passphrase is wrong', {
    guidance: 'It is the passphrase to log in, not that of the card.',
  });
}

async function checkRate(rows: Rows, account: string, nowMs: number): Promise<void> {
  const sinceMs = nowMs - FAILURES_COUNT_MS;
  await rows.deleteFrom('logins').where('begun_ms', '<=', sinceMs).execute();
  const failures = await rows
    .selectFrom('logins')
    .select('login_id')
    .where('name', '=', account)
    .limit(MAX_LOGIN_FAILURES)
    .execute();
  const all = await rows
    .selectFrom('logins')
    .select((of) => of.fn.countAll().as('count'))
    .executeTakeFirstOrThrow();
  if (failures.length < MAX_LOGIN_FAILURES && Number(all.count) < MAX_OPEN_LOGINS) return;
  throw new KuraError('busy', 'there were too many attempts to log in', {
    guidance: 'Try again in an hour.',
    context: { retryMs: FAILURES_COUNT_MS },
  });
}

/** Throws `busy` after too many failures, `hostile`. */
export async function startLogin(
  { network, opaque }: Service,
  asked: { readonly account: string; readonly startRequest: string },
): Promise<{ readonly loginId: string; readonly loginResponse: string }> {
  const { account, startRequest } = asked;
  const nowMs = network.clock.nowMs();
  const loginId = toHex(network.random.bytes(LOGIN_ID_BYTES));
  const record = await transact(network.database, async (rows) => {
    await checkRate(rows, account, nowMs);
    await rows
      .insertInto('logins')
      .values({ login_id: loginId, name: account, state: null, begun_ms: nowMs })
      .execute();
    return readRecord(rows, account);
  });
  const started = await opaque.startLogin(account, record, startRequest);
  await transact(network.database, async (rows) => {
    const { state } = started;
    await rows.updateTable('logins').set({ state }).where('login_id', '=', loginId).execute();
  });
  return { loginId, loginResponse: started.response };
}

async function readRecord(rows: Rows, account: string): Promise<string | undefined> {
  const row = await rows
    .selectFrom('accounts')
    .select('record')
    .where('name', '=', account)
    .executeTakeFirst();
  return row?.record;
}

export interface LoggedIn {
  readonly memberId: MemberId;
  readonly certificatePem: string;
}

/** Throws `wrong_passphrase`, and what keeps this device from a certificate: `refused`, `hostile`, `too_large`. */
export async function finishLogin(
  service: Service,
  { statement, mac }: { readonly statement: LoginStatement; readonly mac: Uint8Array },
): Promise<LoggedIn> {
  const { network, opaque } = service;
  const nowMs = network.clock.nowMs();
  const begun = await transact(network.database, (rows) =>
    takeState(rows, statement.loginId, nowMs),
  );
  const sessionKey = await opaque.finishLogin(begun.state, statement.finishRequest);
  if (sessionKey === undefined) throw wrong();
  if (!timingSafeEqual(loginMac(statement, sessionKey), mac)) throw wrong();
  return transact(network.database, (rows) =>
    admitDevice(service, { rows, statement, account: begun.name, nowMs }),
  );
}

/** One login is finished once, well or not. */
async function takeState(
  rows: Rows,
  loginId: string,
  nowMs: number,
): Promise<{ readonly name: string; readonly state: string }> {
  const row = await rows
    .selectFrom('logins')
    .selectAll()
    .where('login_id', '=', loginId)
    .executeTakeFirst();
  const age = row === undefined ? 0 : nowMs - row.begun_ms;
  if (row === undefined || row.state === null || age < 0 || age > LOGIN_LASTS_MS) throw wrong();
  const none = { state: null };
  await rows.updateTable('logins').set(none).where('login_id', '=', loginId).execute();
  return { name: row.name, state: row.state };
}

interface Entry {
  readonly rows: Rows;
  readonly statement: LoginStatement;
  readonly account: string;
  readonly nowMs: number;
}

async function admitDevice(
  { authority, networkId }: Service,
  { rows, statement, account, nowMs }: Entry,
): Promise<LoggedIn> {
  const row = await rows
    .selectFrom('accounts')
    .select('member_id')
    .where('name', '=', account)
    .executeTakeFirst();
  if (row === undefined) throw wrong();
  const { member_id: memberId } = row;
  const of = { rows, memberId };
  const { owner_key: ownerKey } = await readMember(of);
  if (ownerKey === null) throw wrong();
  await rows.deleteFrom('logins').where('login_id', '=', statement.loginId).execute();
  const { device } = statement;
  const deviceId = openDeviceProof(device, ownerKey);
  const { publicKey, name } = device;
  await addDevice(of, { deviceId, kind: 'device', publicKey, name, nowMs });
  const certificatePem = await authority.issue(rows, {
    name: { role: 'device', network: networkId, member: memberId, device: deviceId },
    request: statement.certificateRequest,
    hosts: [],
    nowMs,
  });
  return { memberId, certificatePem };
}
