// Nothing in the network deletes at will. A store removes copies only for one of three warrants, which
// it checks itself. Time limits are part of what is signed; a store judges them by its own clock.
import { KuraError, type StoreId } from '@kura/base';
import { signEd25519, verifyAcknowledgement, verifyEd25519 } from './acknowledgement.ts';
import {
  FRESH_ACKNOWLEDGEMENT_MS,
  isWellFormed,
  type Unsigned,
  type Warrant,
  warrantMessage,
} from './warrant-form.ts';

export function signWarrant<W extends Warrant>(fields: Unsigned<W>, seed: Uint8Array): W {
  return {
    ...fields,
    signature: signEd25519(warrantMessage(fields as Unsigned<Warrant>), seed),
  } as unknown as W;
}

export interface WarrantCheck {
  readonly storeId: StoreId;
  readonly nowMs: number;
  /** The owner's key for destroy-pack, the coordinator's for the others; raw Ed25519. */
  readonly signerKey: Uint8Array;
  /** Keys of the other stores, for retire-copy. */
  readonly storeKeys: ReadonlyMap<StoreId, Uint8Array>;
}

/**
 * Throws `refused`, saying why, unless the warrant holds here and now. Of `closing` it judges the order alone: the
 * consent in its notice, and how long that has been known, are for who knows the owner.
 */
export function verifyWarrant(warrant: Warrant, check: WarrantCheck): void {
  const refuse = (why: string): never => {
    throw new KuraError('refused', `the ${warrant.kind} warrant is refused: ${why}`);
  };
  if (warrant.storeId !== check.storeId) refuse('it names another store');
  if (!isWellFormed(warrant)) refuse('a field of it is out of bounds');
  if (!verifyEd25519(warrantMessage(warrant), warrant.signature, check.signerKey)) {
    refuse('its signature does not belong to whoever may order this');
  }
  if (warrant.kind === 'destroy-pack') {
    if (check.nowMs < warrant.notBeforeMs) refuse('its delay has not passed');
    return;
  }
  if (warrant.kind === 'closing') return;
  const fresh = new Set<StoreId>();
  for (const ack of warrant.others) {
    const key = check.storeKeys.get(ack.storeId);
    if (key === undefined || ack.storeId === check.storeId) continue;
    if (Math.abs(check.nowMs - ack.timeMs) > FRESH_ACKNOWLEDGEMENT_MS) continue;
    verifyAcknowledgement(ack, key);
    fresh.add(ack.storeId);
  }
  if (warrant.minimumCopies < 1 || fresh.size < warrant.minimumCopies) {
    refuse(`only ${fresh.size} other stores vouch, ${warrant.minimumCopies} are needed`);
  }
}
