// From an invitation to a member with a first device (docs/design/members.md): the owner has signed everything that
// the tables take over, the token is used up in the same transaction.
import { KuraError } from '@kura/base';
import type { Token } from '@kura/certificates';
import { openDeviceProof } from '@kura/contract';
import type { JoinStatement } from '@kura/contract/wire/endpoints/account.ts';
import { joinMessage } from '@kura/contract/wire/join-proof.ts';
import { verifyEd25519 } from '@kura/log';
import type { Service } from '../authority/service.ts';
import { type OpenToken, useToken, withToken } from '../authority/tokens.ts';
import type { Rows } from '../db/tables.ts';
import { registerMember } from '../members/members.ts';
import { addDevice } from './devices.ts';
import { asDevice } from './put-card.ts';

const ACCOUNT = /^[a-z0-9](?:[a-z0-9._@+-]{0,62}[a-z0-9])?$/;
/** Under a plan without levels; no operator's plan is one. */
const LOWEST_OWN_LEVEL = 1;

/** Throws `usage`: one name has one spelling. */
export function checkAccountName(account: string): string {
  if (ACCOUNT.test(account)) return account;
  throw new KuraError('usage', `"${account.slice(0, 40)}" cannot be the name of an account`, {
    guidance: 'Lower-case letters, digits and . _ @ + - between them, at most 64.',
  });
}

/** OPAQUE's registration response. The token stays good. Throws `refused`, `usage`, `already_exists`. */
export async function startJoin(
  service: Service,
  asked: { readonly token: Token; readonly account: string; readonly registrationRequest: string },
): Promise<string> {
  const { network, opaque } = service;
  const { token, account, registrationRequest } = asked;
  const use = { token, purposes: ['member'], nowMs: network.clock.nowMs() } as const;
  await withToken(network.database, use, (rows) => checkFree(rows, checkAccountName(account)));
  return opaque.register(account, registrationRequest);
}

async function checkFree(rows: Rows, account: string): Promise<void> {
  const row = await rows
    .selectFrom('accounts')
    .select('name')
    .where('name', '=', account)
    .executeTakeFirst();
  if (row === undefined) return;
  throw new KuraError('already_exists', `there is an account "${account}" already`, {
    guidance: 'Take another name; if it is yours: kura join --account NAME --known-card DIR',
  });
}

export interface Joining {
  readonly token: Token;
  readonly statement: JoinStatement;
  /** The owner's, over `joinMessage`. */
  readonly signature: Uint8Array;
}

/** The device's certificate in PEM. Throws `refused`, `usage`, `already_exists`, `hostile`. */
export async function finishJoin(service: Service, joining: Joining): Promise<string> {
  const { token, statement, signature } = joining;
  const { network } = service;
  const nowMs = network.clock.nowMs();
  const isOwners = verifyEd25519(joinMessage(statement), signature, statement.ownerKey);
  if (statement.tokenId !== token.tokenId || !isOwners) {
    throw new KuraError('refused', 'the owner has not signed this', {
      context: { reason: 'signature' },
    });
  }
  const use = { token, purposes: ['member'], nowMs } as const;
  return withToken(network.database, use, (rows, open) =>
    admitMember(service, { rows, open, statement, nowMs }),
  );
}

interface Admission {
  readonly rows: Rows;
  readonly open: OpenToken;
  readonly statement: JoinStatement;
  readonly nowMs: number;
}

async function admitMember(
  { authority, network, networkId }: Service,
  { rows, open, statement, nowMs }: Admission,
): Promise<string> {
  const { memberId, ownerKey, noticeKey, cardKeyHash, device, account, home } = statement;
  const deviceId = openDeviceProof(device, ownerKey);
  await checkFree(rows, checkAccountName(account));
  await useToken(rows, open.tokenId, nowMs);
  const { planId = '', mailAddress, paidUntilMs } = open.details;
  const keys = { ownerKey, noticeKey, cardKeyHash };
  const own = { planId, ownLevel: LOWEST_OWN_LEVEL, mailAddress, paidUntilMs };
  await registerMember(rows, { memberId, home, keys, ...own, nowMs });
  const record = statement.registrationRecord;
  await rows
    .insertInto('accounts')
    .values({ name: account, member_id: memberId, record, made_ms: nowMs })
    .execute();
  const { publicKey, name } = device;
  const of = { rows, memberId };
  const noting = { random: network.random, nowMs };
  await addDevice(of, asDevice(cardKeyHash), noting);
  await addDevice(of, { deviceId, kind: 'device', publicKey, name }, noting);
  return authority.issue(rows, {
    name: { role: 'device', network: networkId, member: memberId, device: deviceId },
    request: statement.certificateRequest,
    hosts: [],
    nowMs,
  });
}
