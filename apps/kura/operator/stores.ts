// `kura operator stores`: candidates are admitted, stores are drained, held and retired.
import { formatBytes, KuraError, SECOND_MS, storeId } from '@kura/base';
import { MOVE_ENDPOINTS } from '@kura/contract/wire/endpoints/moves.ts';
import {
  OPERATOR_ENDPOINTS,
  type OperatorStoreView,
} from '@kura/contract/wire/endpoints/operator.ts';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { plural } from '../commands/show.ts';
import type { Json } from '../output/output.ts';
import type { Desk } from './desk.ts';
import { holdJson, holdWords, registerHolds } from './holds.ts';

type StoreId = OperatorStoreView['identity']['storeId'];

function storeJson(store: OperatorStoreView): Json {
  const { storeId: id, place, suite, inventoryEpoch } = store.identity;
  return {
    store_id: id,
    state: store.state,
    kind: store.kind,
    operator: store.operator ?? null,
    city: place.city,
    lat: place.lat,
    lon: place.lon,
    power_area: place.powerArea,
    cipher: suite,
    inventory_epoch: inventoryEpoch,
    address: store.location,
    reader_address: store.readerAddress ?? null,
    free_bytes: store.freeBytes,
    capacity_bytes: store.capacityBytes ?? null,
    line_mbit: store.lineMbit ?? null,
    rank: store.rank,
    minimum_level: store.minimumLevel,
    hold: holdJson(store.hold),
  };
}

async function list(desk: Desk): Promise<void> {
  const { stores } = await desk.ask((client) => client.call(OPERATOR_ENDPOINTS.stores, {}));
  desk.list({
    rows: stores,
    json: storeJson,
    none: 'there is no store yet: kura operator invite store',
    columns: [
      { title: 'Store', cell: (row) => row.identity.storeId },
      { title: 'City', cell: (row) => row.identity.place.city },
      { title: 'State', cell: (row) => row.state },
      { title: 'On hold', cell: (row) => holdWords(row.hold) },
      { title: 'Kind', cell: (row) => row.kind },
      { title: 'Cipher', cell: (row) => row.identity.suite },
      { title: 'Level', align: 'right', cell: (row) => String(row.minimumLevel) },
      { title: 'Free', align: 'right', cell: (row) => formatBytes(row.freeBytes) },
      { title: 'Operator', cell: (row) => row.operator ?? '' },
    ],
  });
}

const LOOK_MS = 2 * SECOND_MS;
const DRAIN_HELP = `
Each copy is made elsewhere, read back, counted, and only then removed. When nothing is left
the store can be retired: kura operator stores retire STORE. Admitting it takes it back.

Examples:
  kura operator stores drain 4f0c… --wait
`;

const VERBS = { admit: 'active', drain: 'draining', retire: 'retired', lose: 'lost' } as const;
type Verb = keyof typeof VERBS;
const VERB_HELP: Readonly<Record<Verb, string>> = {
  admit: 'let a candidate, or a store that was draining, take copies',
  drain: 'no new copies; those that are there move elsewhere',
  retire: 'withdraw an empty store from the network',
  lose: 'a store that will not come back: its copies are made anew elsewhere',
};

interface VerbOptions {
  readonly level?: number;
  readonly wait?: true;
}

/** Says what is left whenever it changes. Throws `too_few_stores` if what is left can go nowhere, `busy` on hold. */
async function waitUntilEmpty(desk: Desk, store: StoreId): Promise<void> {
  let told = '';
  for (;;) {
    const { copies, bytes, removals, why, isHeld } = await desk.ask((client) =>
      client.call(MOVE_ENDPOINTS.drainage, { params: { store } }),
    );
    if (copies === 0 && removals === 0) {
      desk.done('nothing lies there any more', { store_id: store, copies: 0, removals: 0 });
      return;
    }
    if (isHeld) {
      throw new KuraError('busy', 'the store is on hold: copies are made elsewhere, none leaves', {
        guidance: `Release it: kura operator stores release ${store}`,
      });
    }
    if (why !== undefined) {
      const message = `${plural(copies, 'copy', 'copies')} can go nowhere: ${why}`;
      throw new KuraError('too_few_stores', message, {
        guidance: 'Admit another store, or make room; it goes on by itself.',
      });
    }
    const left = `${plural(copies, 'copy', 'copies')} left, ${formatBytes(bytes)}`;
    if (left !== told) {
      desk.context.output.line(left);
      desk.context.output.record({
        message_type: 'progress',
        store_id: store,
        copies,
        bytes,
        removals,
      });
    }
    told = left;
    await new Promise<void>((resolve) => desk.around.clock.after(LOOK_MS, resolve));
  }
}

export function registerStores(command: Command, desk: Desk): void {
  const stores = command.command('stores').description('where copies lie');
  stores
    .command('list')
    .description('show all stores')
    .action(() => list(desk));
  for (const verb of ['admit', 'drain', 'retire', 'lose'] as const) {
    const one = stores
      .command(verb)
      .description(VERB_HELP[verb])
      .argument('<store>', 'id', storeId);
    if (verb === 'drain') {
      one
        .option('--wait', 'until nothing lies there any more, saying how much is left')
        .addHelpText('after', DRAIN_HELP);
    }
    if (verb === 'admit') {
      one.option('--level <n>', 'the lowest level of members that may use it', wholeNumber(1, 3));
    }
    one.action(async (store: StoreId, { level, wait }: VerbOptions) => {
      const state = VERBS[verb];
      const call = { params: { store }, body: { state, minimumLevel: level } };
      await desk.ask((client) => client.call(OPERATOR_ENDPOINTS.setStore, call));
      desk.done(`store ${store} is ${state}`, { store_id: store, state });
      if (wait === true) await waitUntilEmpty(desk, store);
    });
  }
  registerHolds(stores, desk);
}
