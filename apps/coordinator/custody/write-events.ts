// One step of the lease `custody events`: what moves have done and what programs without the log's key have noted gets
// its leaf. The same step in an embedded network, after its moves.
import type { Rows } from '../db/tables.ts';
import type { Network } from '../network.ts';
import { logDueEvents } from './log-events.ts';
import { tellMoves } from './moved-copies.ts';

/** Transactions of one step: what is left waits for the next. */
const MAX_ROUNDS = 20;

export type Transact = <Result>(work: (rows: Rows) => Promise<Result>) => Promise<Result>;

/** Throws `refused` before the network's secret is known. */
export async function writeCustodyEvents(network: Network, transact: Transact): Promise<void> {
  const { clock, random } = network;
  const signer = network.signer();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const written = await transact(async (rows) => {
      const telling = { signer, random, nowMs: clock.nowMs() };
      return (await tellMoves(rows, telling)) + (await logDueEvents(rows, signer));
    });
    if (written === 0) return;
  }
}
