// `kura operator stores hold` and `release`: nothing is removed at a store while people look what is going on.
import { isoTime, SECOND_MS, storeId } from '@kura/base';
import {
  OPERATOR_ENDPOINTS,
  type OperatorStoreView,
} from '@kura/contract/wire/endpoints/operator.ts';
import type { Command } from 'commander';
import type { Json } from '../output/output.ts';
import type { Desk } from './desk.ts';

type StoreId = OperatorStoreView['identity']['storeId'];
type Hold = OperatorStoreView['hold'];

export function holdJson(hold: Hold): Json {
  if (hold === undefined) return null;
  const { by, sinceMs, operator, why, isHeard } = hold;
  return { by, since: isoTime(sinceMs), operator: operator ?? null, why, heard: isHeard };
}

/** For a column of a list. */
export function holdWords(hold: Hold): string {
  if (hold === undefined) return '';
  if (hold.by === 'store') return 'by itself';
  return hold.isHeard ? 'by the operator' : 'ordered';
}

const HOLD_HELP = `
No warrant is handed to the store, whoever signed it, and it refuses those that it has. It is read,
audited and counted as before; nothing new is sent there, and no copy of its packs is given up.
What is due waits until: kura operator stores release STORE

A store that was away for a day holds itself, until the coordinator has answered it once.

Examples:
  kura operator stores hold 4f0c… --why "somebody orders what nobody here ordered" --wait
  kura operator stores list
`;

const LOOK_MS = 2 * SECOND_MS;

interface HoldOptions {
  readonly why?: string;
  readonly wait?: true;
}

async function order(desk: Desk, store: StoreId, body: { isHeld: boolean; why?: string }) {
  const { isHeld, why } = body;
  const call = { params: { store }, body: { isHeld, why } };
  await desk.ask((client) => client.call(OPERATOR_ENDPOINTS.setHold, call));
  const hold = await holdOf(desk, store);
  const words = isHeld ? 'on hold' : 'released';
  const rest = hold?.by === 'store' ? '; it was away, and holds itself until it is heard' : '';
  desk.done(`store ${store} is ${words}${rest}`, { store_id: store, hold: holdJson(hold) });
}

async function holdOf(desk: Desk, store: StoreId): Promise<Hold> {
  const { stores } = await desk.ask((client) => client.call(OPERATOR_ENDPOINTS.stores, {}));
  return stores.find(({ identity }) => identity.storeId === store)?.hold;
}

/** Also ends when somebody releases it meanwhile. */
async function waitUntilHeard(desk: Desk, store: StoreId): Promise<void> {
  for (;;) {
    const hold = await holdOf(desk, store);
    if (hold?.isHeard !== false) {
      desk.done('the store knows', { store_id: store, hold: holdJson(hold) });
      return;
    }
    await new Promise<void>((resolve) => desk.around.clock.after(LOOK_MS, resolve));
  }
}

export function registerHolds(stores: Command, desk: Desk): void {
  stores
    .command('hold')
    .description('nothing is removed there any more, whoever ordered it')
    .argument('<store>', 'id', storeId)
    .option('--why <text>', 'for the journal, and for whoever runs the store')
    .option('--wait', 'until the store itself knows')
    .addHelpText('after', HOLD_HELP)
    .action(async (store: StoreId, { why, wait }: HoldOptions) => {
      await order(desk, store, { isHeld: true, ...(why === undefined ? {} : { why }) });
      if (wait === true) await waitUntilHeard(desk, store);
    });
  stores
    .command('release')
    .description('end a hold: what is due is removed')
    .argument('<store>', 'id', storeId)
    .action((store: StoreId) => order(desk, store, { isHeld: false }));
}
