// Logging in with an account: a further device, or one whose certificate has ended. Whether an account exists can
// be seen neither in the answers nor in the limits.
import { timingSafeEqual } from 'node:crypto';
import { HOUR_MS, KuraError, type MemberId, MINUTE_MS, toHex } from '@kura/base';
import { parseName } from '@kura/certificates';
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
/** For one account, from all addresses. Larger: more guesses; smaller: fewer addresses keep its owner out. */
export const MAX_STRANGERS = 100;
/** Of one address, for all accounts: a house or an office. */
export const MAX_FROM_ONE_PLACE = 200;
export const FAILURES_COUNT_MS = HOUR_MS;
/** Of the whole network: a flood of names from everywhere fills no disk. */
export const MAX_OPEN_LOGINS = 100_000;
const DEVICE = 'device ';
const LOGIN_ID_BYTES = 16;

function wrong(): KuraError {
  return new KuraError('wrong_passphrase', 'the account or its passphrase is wrong', {
    guidance: 'It is the passphrase to log in, not that of the card.',
  });
}

/** Where a login comes from: tries of one place cost others nothing. */
export interface Origin {
  /** As the edge counts it: an IPv6 network counts as one. */
  readonly address: string;
  /** SHA-256 of the TLS key that was shown, if one was; its certificate may have ended. */
  readonly keyHash: Uint8Array | undefined;
}

interface Attempt {
  readonly account: string;
  /** An address, or the key of a device of the account's own member. */
  readonly origin: string;
  readonly nowMs: number;
}

async function checkRate(rows: Rows, attempt: Attempt): Promise<void> {
  const { account, origin, nowMs } = attempt;
  const sinceMs = nowMs - FAILURES_COUNT_MS;
  // Also those of a clock that jumped ahead: they would count, and lock an account, until that time has come.
  await rows
    .deleteFrom('logins')
    .where((any) =>
      any.or([any('begun_ms', '<=', sinceMs), any('begun_ms', '>', nowMs + LOGIN_LASTS_MS)]),
    )
    .execute();
  const open = rows.selectFrom('logins').select('login_id');
  const isKnown = origin.startsWith(DEVICE);
  const bounds = [
    { most: MAX_LOGIN_FAILURES, of: open.where('name', '=', account).where('origin', '=', origin) },
    // A device of the member's own gets in while others try the name from everywhere.
    ...(isKnown ? [] : [{ most: MAX_STRANGERS, of: open.where('name', '=', account) }]),
    { most: MAX_FROM_ONE_PLACE, of: open.where('origin', '=', origin) },
    { most: MAX_OPEN_LOGINS, of: open },
  ];
  for (const { most, of } of bounds) {
    const found = await of
      .offset(most - 1)
      .limit(1)
      .executeTakeFirst();
    if (found === undefined) continue;
    throw new KuraError('busy', 'there were too many attempts to log in', {
      guidance: 'Try again in an hour.',
      context: { retryMs: FAILURES_COUNT_MS },
    });
  }
}

/** Whoever shows the key of a device that this account let in counts for itself, whatever its certificate is worth. */
async function originOf(rows: Rows, account: string, from: Origin): Promise<string> {
  const { address, keyHash } = from;
  if (keyHash === undefined) return address;
  const member = await rows
    .selectFrom('accounts')
    .select('member_id')
    .where('name', '=', account)
    .executeTakeFirst();
  const certificate = await rows
    .selectFrom('certificates')
    .select('subject')
    .where('key_hash', '=', keyHash)
    .where('revoked_ms', 'is', null)
    .executeTakeFirst();
  if (member === undefined || certificate === undefined) return address;
  const name = parseName(certificate.subject);
  const isOwn = name.role === 'device' && name.member === member.member_id;
  return isOwn ? `${DEVICE}${toHex(keyHash)}` : address;
}

/** Throws `busy` after too many failures, `hostile`. */
export async function startLogin(
  { network, opaque }: Service,
  asked: { readonly account: string; readonly startRequest: string; readonly from: Origin },
): Promise<{ readonly loginId: string; readonly loginResponse: string }> {
  const { account, startRequest, from } = asked;
  const nowMs = network.clock.nowMs();
  const loginId = toHex(network.random.bytes(LOGIN_ID_BYTES));
  const record = await transact(network.database, async (rows) => {
    const origin = await originOf(rows, account, from);
    await checkRate(rows, { account, origin, nowMs });
    await rows
      .insertInto('logins')
      .values({ login_id: loginId, name: account, origin, state: null, begun_ms: nowMs })
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
  { authority, network, networkId }: Service,
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
  const noting = { random: network.random, nowMs };
  await addDevice(of, { deviceId, kind: 'device', publicKey, name }, noting);
  const certificatePem = await authority.issue(rows, {
    name: { role: 'device', network: networkId, member: memberId, device: deviceId },
    request: statement.certificateRequest,
    hosts: [],
    nowMs,
  });
  return { memberId, certificatePem };
}
