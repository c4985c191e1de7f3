// Where a home's receipts are, and whom it believes: tables in this process, a coordinator, or a card.
import type { SnapshotId } from '@kura/base';
import { MAX_EVENTS } from '@kura/contract';
import type { KeptReceipt, ReceiptsPort } from '../receipts/port.ts';
import type { OpenHome } from './open.ts';
import type { Session } from './session.ts';

export async function receipts(session: Session): Promise<ReceiptsPort> {
  const network = await session.network();
  return {
    policy: network.witnessPolicy,
    ofSnapshots: (ids) => ofSnapshots(network, ids),
    ofEvents: () => ofEvents(network),
  };
}

async function* ofSnapshots(
  { coordinator }: OpenHome,
  ids: readonly SnapshotId[],
): AsyncGenerator<KeptReceipt> {
  for (const snapshotId of ids) {
    const receipt = await coordinator.receipt(snapshotId);
    if (receipt !== undefined) yield { snapshotId, receipt };
  }
}

async function* ofEvents(network: OpenHome): AsyncGenerator<KeptReceipt> {
  const { coordinator } = network;
  for (let after = 0; ; ) {
    const page = await coordinator.events(after, MAX_EVENTS);
    for (const { number, receipt } of page) {
      yield { snapshotId: undefined, receipt };
      after = number;
    }
    if (page.length < MAX_EVENTS) return;
  }
}
