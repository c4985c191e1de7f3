// Receipts come before witnesses have signed the head that they stand under; a card that kept them so would prove less
// than there is to prove. When a session ends, those of before are asked for again, and take the place of what the card
// has only if witnesses that it has pinned have signed.
import { KuraError } from '@kura/base';
import type { CoordinatorPort, CustodyReceipt, EventsPort } from '@kura/contract';
import { NO_WITNESS, ReceiptVerifier, type WitnessPolicy } from '@kura/log';
import { type CardLog, ENTRIES_PER_FILE, type KeptReceipt } from './card-log.ts';

/** Entries that are looked at, from the newest: what is older had its chance in the sessions since. */
const LOOKED_AT = 2 * ENTRIES_PER_FILE;
/** By one session: each is a question to the network. */
const MAX_ASKED = 50;

export interface RenewPorts {
  readonly log: CardLog<KeptReceipt>;
  readonly coordinator: Pick<CoordinatorPort, 'receipt'> & Pick<EventsPort, 'events'>;
  /** What the card has pinned. */
  readonly policy: WitnessPolicy;
}

/** How many are witnessed from now on. */
export async function renewReceipts({ log, coordinator, policy }: RenewPorts): Promise<number> {
  if (policy.quorum === NO_WITNESS) return 0;
  const waiting = [...log.newest().take(LOOKED_AT)].filter(({ receipt }) => !receipt.witnessed);
  const verifier = new ReceiptVerifier(policy);
  const renewed: KeptReceipt[] = [];
  for (const kept of waiting.reverse().slice(0, MAX_ASKED)) {
    const receipt = await askedAgain(kept, coordinator);
    // Of what was forgotten since, the network may give none.
    if (receipt === undefined) continue;
    // Heads grow: what witnesses have not seen of the oldest they have not seen of any that came later.
    if (!isBetter(receipt, kept, verifier)) break;
    renewed.push({ ...kept, receipt });
  }
  await log.exchange(renewed);
  return renewed.length;
}

async function askedAgain(
  { snapshotId, event }: KeptReceipt,
  coordinator: RenewPorts['coordinator'],
): Promise<CustodyReceipt | undefined> {
  if (snapshotId !== undefined) return await coordinator.receipt(snapshotId);
  if (event === undefined) return undefined;
  const [same] = await coordinator.events(event - 1, 1);
  return same?.number === event ? same.receipt : undefined;
}

/** The same body in the same log, and witnesses that count have seen it: nothing worse takes the place of a proof. */
function isBetter(
  receipt: CustodyReceipt,
  { receipt: known }: KeptReceipt,
  verifier: ReceiptVerifier,
): boolean {
  if (receipt.body !== known.body || receipt.leafIndex !== known.leafIndex) return false;
  try {
    return verifier.open(receipt).isWitnessed;
  } catch (error) {
    if (error instanceof KuraError) return false;
    throw error;
  }
}
