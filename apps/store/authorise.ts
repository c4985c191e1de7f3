// Who may order a store to destroy copies. Every kind of store asks here, before it touches
// anything; the signatures themselves are checked by the contract.
import { type CopyId, KuraError, type MemberId, type StoreId } from '@kura/base';
import {
  MAX_WARRANT_ACKNOWLEDGEMENTS,
  MAX_WARRANT_COPIES,
  refuseClosing,
  verifyWarrant,
  type Warrant,
} from '@kura/contract';
import type { ClosingAuthority, ClosingBook } from './closing/closing-book.ts';
import type { ShelfRecord } from './identity.ts';
import type { Owners } from './owners/owners.ts';

export interface Authority {
  readonly record: Pick<ShelfRecord, 'identity' | 'coordinatorKey'>;
  readonly owners: Owners;
  /** Who was given notice, and for how long. */
  readonly closings: ClosingBook;
  readonly nowMs: number;
  /** Keys of other stores, from wherever the store's keeper trusts; for retire-copy warrants. */
  readonly storeKeys: ReadonlyMap<StoreId, Uint8Array>;
}

function refuse(why: string): never {
  throw new KuraError('refused', `the warrant is refused: ${why}`);
}

/** Bounds and types, so that the check of the signature cannot be made to fail in other ways. */
function checkForm(warrant: Warrant): void {
  const times = [warrant.issuedMs];
  if (warrant.kind !== 'retire-copy') {
    if (warrant.kind === 'destroy-pack') times.push(warrant.notBeforeMs);
    if (warrant.copyIds.length > MAX_WARRANT_COPIES) refuse('it names too many copies');
  } else {
    if (warrant.others.length > MAX_WARRANT_ACKNOWLEDGEMENTS) {
      refuse('it carries too many acknowledgements');
    }
    times.push(...warrant.others.map((ack) => ack.timeMs));
  }
  if (times.some((time) => !Number.isSafeInteger(time) || time < 0))
    refuse('its times are no times');
}

/**
 * Rejects with `refused` unless `warrant` may be obeyed for copies of these members. Without any
 * member, as when every copy is gone already, the order of any admitted owner will do.
 */
export async function authorise(
  warrant: Warrant,
  members: ReadonlySet<MemberId>,
  authority: Authority,
): Promise<void> {
  const { record, owners, nowMs, storeKeys } = authority;
  checkForm(warrant);
  const check = { storeId: record.identity.storeId, nowMs, storeKeys };
  if (warrant.kind === 'retire-copy') {
    verifyWarrant(warrant, { ...check, signerKey: record.coordinatorKey });
    return;
  }
  if (warrant.kind === 'closing') {
    verifyWarrant(warrant, { ...check, signerKey: record.coordinatorKey });
    const closed = await authority.closings.demandHeld(warrant, closingAuthority(authority));
    for (const member of members) {
      if (member !== closed) throw refuseClosing('copy', 'it names copies of somebody else');
    }
    return;
  }
  for (const member of members) {
    const signerKey = owners.keyOf(member);
    if (signerKey === undefined) refuse('a copy belongs to a member without a key here');
    verifyWarrant(warrant, { ...check, signerKey });
  }
  if (members.size > 0) return;
  let refusal: unknown = new KuraError(
    'refused',
    'the warrant is refused: nobody here can order it',
  );
  for (const [, signerKey] of owners.entries()) {
    try {
      verifyWarrant(warrant, { ...check, signerKey });
      return;
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}

export function closingAuthority({
  record,
  owners,
}: Pick<Authority, 'record' | 'owners'>): ClosingAuthority {
  const { identity, coordinatorKey } = record;
  return {
    storeId: identity.storeId,
    coordinatorKey,
    ownerKeyOf: (pseudonym) => owners.keyOf(pseudonym),
  };
}

/** The copies that a warrant names, each once. */
export function copiesOf(warrant: Warrant): ReadonlySet<CopyId> {
  return new Set(warrant.kind === 'retire-copy' ? [warrant.copyId] : warrant.copyIds);
}
