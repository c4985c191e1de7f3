// What an operator does, each in one transaction: inviting, contracts, members, stores, certificates.
import { KuraError, type MemberId, type StoreId } from '@kura/base';
import type { Token } from '@kura/certificates';
import type { StoreState } from '@kura/contract';
import { parseMailAddress } from '@kura/wire/outside/mail-relay.ts';
import { revokeCertificate, revokeHolder, revokeSubject } from '../authority/revocations.ts';
import type { Service } from '../authority/service.ts';
import { makeToken, TOKEN_LASTS_MS } from '../authority/tokens.ts';
import type { MemberState, Rows, TokenPurpose } from '../db/tables.ts';
import { tell } from '../inbox/inbox.ts';
import { type ContractTerms, readContract, setContract } from '../members/contract.ts';
import { readMember, setMemberState } from '../members/members.ts';
import { readPlan } from '../members/plans.ts';
import { setMinimumLevel, stepStore } from '../stores/enrol.ts';
import { orderHold } from '../stores/holds.ts';

const OPERATOR = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

export interface InvitationOrder {
  readonly purpose: TokenPurpose;
  readonly planId: string | undefined;
  readonly paidUntilMs: number | undefined;
  readonly mailAddress: string | undefined;
  readonly operator: string | undefined;
  readonly lastsMs: number | undefined;
}

export interface Invited {
  readonly token: Token;
  readonly untilMs: number;
}

/** Throws `usage`, `not_found` for a plan that there is not. */
export async function invite(
  { network }: Service,
  rows: Rows,
  order: InvitationOrder & { readonly madeBy: string },
): Promise<Invited> {
  const { purpose, planId, paidUntilMs, mailAddress, operator, madeBy } = order;
  const lastsMs = order.lastsMs ?? TOKEN_LASTS_MS;
  checkOrder(order);
  if (planId !== undefined) await readPlan(rows, planId);
  const details = {
    ...(planId === undefined ? {} : { planId }),
    ...(paidUntilMs === undefined ? {} : { paidUntilMs }),
    ...(mailAddress === undefined ? {} : { mailAddress }),
    ...(operator === undefined ? {} : { operator }),
  };
  const nowMs = network.clock.nowMs();
  const { random } = network;
  const token = await makeToken(rows, { purpose, details, madeBy, lastsMs, nowMs, random });
  return { token, untilMs: nowMs + lastsMs };
}

function checkOrder({ purpose, planId, mailAddress, operator }: InvitationOrder): void {
  const refuse = (what: string): never => {
    throw new KuraError('usage', `this invitation makes no sense: ${what}`);
  };
  if ((purpose === 'member') !== (planId !== undefined))
    refuse('a member needs a plan, no one else');
  if ((purpose === 'operator') !== (operator !== undefined)) {
    refuse('an operator needs a name, no one else');
  }
  if (operator !== undefined && !OPERATOR.test(operator)) {
    refuse('a name is lower-case letters, digits and hyphens');
  }
  if (mailAddress === undefined) return;
  if (purpose !== 'member') refuse('only a member is written to');
  parseMailAddress(mailAddress);
}

/** Members hear of it. Throws `not_found`, `refused`. */
export async function changeMemberState(
  { network }: Service,
  rows: Rows,
  { memberId, state }: { readonly memberId: MemberId; readonly state: MemberState },
): Promise<void> {
  const nowMs = network.clock.nowMs();
  const of = { rows, memberId };
  if ((await readMember(of)).state === state) return;
  await setMemberState(of, state, nowMs);
  await tell(of, { kind: 'contract', body: { state }, nowMs });
}

export interface ContractOrder {
  readonly memberId: MemberId;
  readonly planId: string;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly paidUntilMs: number | undefined;
}

/** Members hear of it. Throws `not_found`, `usage`. */
export async function changeContract(
  { network }: Service,
  rows: Rows,
  order: ContractOrder,
): Promise<void> {
  const { memberId, planId, toMs, paidUntilMs } = order;
  const nowMs = network.clock.nowMs();
  const of = { rows, memberId };
  await readMember(of);
  const fromMs = order.fromMs ?? beginning(await readContract(of, nowMs), nowMs);
  await setContract(of, { planId, fromMs, toMs, paidUntilMs });
  await tell(of, {
    kind: 'contract',
    body: { plan: planId, fromMs, toMs: toMs ?? null, paidUntilMs: paidUntilMs ?? null },
    nowMs,
  });
}

/** What is in force is changed; after an end, a new one begins. */
function beginning(contract: ContractTerms | undefined, nowMs: number): number {
  const isInForce =
    contract !== undefined && (contract.toMs === undefined || nowMs < contract.toMs);
  return isInForce ? contract.fromMs : nowMs;
}

export interface StoreOrder {
  readonly storeId: StoreId;
  readonly state: StoreState | undefined;
  readonly minimumLevel: number | undefined;
}

/** A store that is retired loses its certificates. Throws `refused`. */
export async function changeStore(
  { network, networkId }: Service,
  rows: Rows,
  { storeId, state, minimumLevel }: StoreOrder,
): Promise<void> {
  const nowMs = network.clock.nowMs();
  if (minimumLevel !== undefined) await setMinimumLevel(rows, storeId, minimumLevel);
  if (state === undefined) return;
  await stepStore(rows, storeId, { state, nowMs });
  if (state !== 'retired') return;
  const name = { role: 'store', network: networkId, store: storeId } as const;
  await revokeHolder(rows, name, { why: 'the store was retired', nowMs });
}

export interface StoreHoldOrder {
  readonly storeId: StoreId;
  readonly isHeld: boolean;
  readonly why: string | undefined;
  readonly operator: string;
}

/** Throws `refused`, `usage`. */
export async function changeHold(
  { network }: Service,
  rows: Rows,
  { storeId, isHeld, why, operator }: StoreHoldOrder,
): Promise<void> {
  if (why !== undefined && !isHeld) {
    throw new KuraError('usage', 'only a hold has a reason');
  }
  const nowMs = network.clock.nowMs();
  await orderHold(rows, storeId, { isHeld, why: why ?? '', operator, nowMs });
}

export interface WithdrawalOrder {
  readonly serial: string;
  readonly why: string;
  /** Every other certificate of the same holder as well. */
  readonly isWholeHolder: boolean;
}

/** Throws `not_found`. */
export async function withdraw(
  { network }: Service,
  rows: Rows,
  { serial, why, isWholeHolder }: WithdrawalOrder,
): Promise<void> {
  const withdrawal = { why, nowMs: network.clock.nowMs() };
  const subject = await revokeCertificate(rows, serial, withdrawal);
  if (isWholeHolder) await revokeSubject(rows, subject, withdrawal);
}
