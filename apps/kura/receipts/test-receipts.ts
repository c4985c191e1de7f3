// For tests: receipts of a log with two witnesses, behind the port of the commands.
import { snapshotId } from '@kura/base';
import { EVENT_NAMES, type Receipt } from '@kura/log';
import { TestLog } from '@kura/log/test-custody.ts';
import { stream } from '../commands/test-views.ts';
import type { KeptReceipt, ReceiptsPort } from './port.ts';

export interface SampleReceipts {
  readonly log: TestLog;
  readonly kept: readonly KeptReceipt[];
  readonly port: ReceiptsPort;
}

/** Of the snapshots of this id, and one event of each kind; `change` may spoil them. */
export function sampleReceipts(
  id: string,
  change: (receipt: Receipt, at: number) => Receipt = (receipt) => receipt,
): SampleReceipts {
  const log = new TestLog(['w1.example', 'w2.example']);
  const bodies = [
    log.snapshotBody(snapshotId(id)),
    ...EVENT_NAMES.map((name) => log.eventBody(name)),
  ];
  for (const body of bodies) log.appendBody(body);
  const kept = bodies.map(
    (body, at): KeptReceipt => ({
      snapshotId: at === 0 ? snapshotId(id) : undefined,
      receipt: change(log.receipt(body, at), at),
    }),
  );
  const port: ReceiptsPort = {
    policy: async () => log.policy(2),
    ofSnapshots: (ids) =>
      stream(...kept.filter((one) => ids.some((other) => other === one.snapshotId))),
    ofEvents: () => stream(...kept.slice(1)),
  };
  return { log, kept, port };
}
