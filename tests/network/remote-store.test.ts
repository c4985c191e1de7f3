// Goal: a store on another machine is a store like any other, whichever side opened the connection. Over real
// TLS on loopback: once the gateway calls the store's listener, once the store has none and dials out.
import { rejects } from 'node:assert/strict';
import { test } from 'node:test';
import {
  assert,
  type CopyId,
  systemAlarmClock as clock,
  KuraError,
  must,
  systemRandom as random,
  SMALL_SHAPE,
  storeId,
  toHex,
} from '@kura/base';
import type { ScrubResult, StoreKeeperPort } from '@kura/contract';
import { GATEWAY_ENDPOINTS } from '@kura/contract/wire/endpoints/gateway.ts';
import { STORE_ENDPOINTS } from '@kura/contract/wire/endpoints/store.ts';
import { KnownStores } from '@kura/coordinator/gateway/known-stores.ts';
import type { RemoteStore } from '@kura/coordinator/gateway/remote-store.ts';
import { loadNative } from '@kura/native';
import { foundShelf, MemoryStore, openFolderShelf } from '@kura/store';
import { storeHandlers } from '@kura/store/api/handlers.ts';
import { readSeed } from '@kura/store/presence.ts';
import { leafPosition } from '@kura/store/shelf/layout.ts';
import {
  type Founding,
  MemoryDisk,
  packBytes,
  Surroundings,
  sendCopy,
  storeConformance,
} from '@kura/testing';
import { dialOut, type Edge, serve } from '@kura/wire';
import { NETWORK_ID, TestAuthority } from './authority.ts';
import { plainDuties } from './plain-duties.ts';

const shape = SMALL_SHAPE;
const authority = new TestAuthority();

/** What only whoever runs the store can do is done there; all else goes over the wire. */
class RemoteKeeper implements StoreKeeperPort {
  readonly #known: KnownStores;
  readonly #local: StoreKeeperPort;

  constructor(known: KnownStores, local: StoreKeeperPort) {
    this.#known = known;
    this.#local = local;
  }

  get #remote(): RemoteStore {
    return must(this.#known.remote(this.identity.storeId), 'the store can be reached');
  }

  get identity() {
    return this.#local.identity;
  }

  receive: StoreKeeperPort['receive'] = (...call) => this.#remote.receive(...call);
  fetch: StoreKeeperPort['fetch'] = (...call) => this.#remote.fetch(...call);
  stat: StoreKeeperPort['stat'] = (copy) => this.#remote.stat(copy);
  acknowledge: StoreKeeperPort['acknowledge'] = (copy) => this.#remote.acknowledge(copy);
  remove: StoreKeeperPort['remove'] = (warrant) => this.#remote.remove(warrant);
  answerLeaves: StoreKeeperPort['answerLeaves'] = (...call) => this.#remote.answerLeaves(...call);
  answerFullRead: StoreKeeperPort['answerFullRead'] = (asked) => this.#remote.answerFullRead(asked);
  examine: StoreKeeperPort['examine'] = (copy) => this.#remote.examine(copy);
  hearNotice: StoreKeeperPort['hearNotice'] = (notice) => this.#remote.hearNotice(notice);
  takeWithdrawal: StoreKeeperPort['takeWithdrawal'] = (...call) =>
    this.#remote.takeWithdrawal(...call);
  freeBytes: StoreKeeperPort['freeBytes'] = () => this.#remote.freeBytes();
  enumerate: StoreKeeperPort['enumerate'] = () => this.#local.enumerate();
  scrub(copy: CopyId): Promise<ScrubResult> {
    return this.#local.scrub(copy);
  }
}

/** A store on its own machine, and what a test does to it there. */
interface LocalStore {
  readonly store: StoreKeeperPort;
  readonly seed: Uint8Array;
  readonly canHeal: boolean;
  damage(id: CopyId, leaves: readonly number[]): void;
}

function inMemory(founding: Founding): LocalStore {
  const seed = founding.random.bytes(32);
  const store = new MemoryStore({
    ...founding,
    identity: {
      storeId: storeId(toHex(founding.random.bytes(16))),
      suite: 'chacha20',
      place: { city: 'osaka', lat: 34.69, lon: 135.5, powerArea: 'JP-60' },
      inventoryEpoch: 1,
    },
    seed,
    shape,
    native: loadNative(),
  });
  const damage = (id: CopyId, leaves: readonly number[]): void => {
    const bytes = store.rawBytes(id);
    for (const leaf of leaves) {
      bytes[leaf * shape.leafBytes] = ~(bytes[leaf * shape.leafBytes] ?? 0);
    }
  };
  return { store, seed, canHeal: false, damage };
}

async function onFolder(founding: Founding): Promise<LocalStore> {
  const disk = new MemoryDisk({ clock: founding.clock });
  const folder = '/place/store';
  const identity = await foundShelf({
    ...founding,
    ...{ disk, folder, shape, suite: 'chacha20' },
    place: { city: 'osaka', lat: 34.69, lon: 135.5, powerArea: 'JP-60' },
  });
  const store = openFolderShelf({ ...founding, ...{ disk, folder, native: loadNative() } });
  const damage = (id: CopyId, leaves: readonly number[]): void => {
    for (const leaf of leaves) {
      const position = leafPosition(shape.leafBytes, leaf) + 17;
      disk.flip(`${folder}/copies/${id.slice(0, 2)}/${id}`, position);
    }
  };
  return { store, seed: readSeed(disk, folder, identity), canHeal: true, damage };
}

function storeEdge(
  { store, seed }: LocalStore,
  isListening: boolean,
  duties = plainDuties(store.identity, seed),
): Promise<Edge> {
  const { storeId: id } = store.identity;
  return serve({
    endpoints: STORE_ENDPOINTS,
    handlers: storeHandlers({
      keeper: store,
      shape,
      duties,
      reserveBytes: 0,
      clock,
    }),
    tls: authority.identity({ role: 'store', network: NETWORK_ID, store: id }),
    ...(isListening ? { listen: { host: '127.0.0.1', port: 0 } } : {}),
    authorise: authority.judge(['gateway']),
    ...{ clock, random },
  });
}

function gatewayStores(onMet: () => void): KnownStores {
  return new KnownStores({
    shape,
    identity: () => authority.gateway(),
    trust: () => authority.trusts('store'),
    onMet,
    ...{ clock, random },
  });
}

/** The gateway's public port, as far as stores need it. */
function gatewayEdge(known: KnownStores): Promise<Edge> {
  const { dial } = GATEWAY_ENDPOINTS;
  return serve({
    endpoints: { dial },
    handlers: {
      dial: async ({ caller }) => {
        assert(caller.kind === 'certified' && caller.name.role === 'store', 'the edge has judged');
        const id = caller.name.store;
        return (connection) => known.accept(connection, id);
      },
    },
    tls: authority.gateway(),
    listen: { host: '127.0.0.1', port: 0 },
    authorise: authority.judge(['store', 'device']),
    ...{ clock, random },
  });
}

function underTest(local: LocalStore, known: KnownStores, close: () => Promise<unknown>) {
  return {
    ...local,
    store: new RemoteKeeper(known, local.store),
    shape,
    dispose: async (): Promise<void> => {
      known.close();
      await close();
    },
  };
}

const INWARD = {
  'in memory, on another machine with an inward listener': async (founding: Founding) =>
    inMemory(founding),
  'a folder, on another machine with an inward listener': onFolder,
};

for (const [name, create] of Object.entries(INWARD)) {
  storeConformance(name, async (founding) => {
    const local = await create(founding);
    const edge = await storeEdge(local, true);
    const known = gatewayStores(() => undefined);
    const address = must(edge.address, 'it listens');
    await known.setInward(new Map([[local.store.identity.storeId, address]]));
    return underTest(local, known, () => edge.close());
  });
}

storeConformance('in memory, on another machine without a port, dialling out', async (founding) => {
  const local = inMemory(founding);
  const met = Promise.withResolvers<void>();
  const known = gatewayStores(met.resolve);
  const [gateway, edge] = await Promise.all([gatewayEdge(known), storeEdge(local, false)]);
  const { storeId: id } = local.store.identity;
  const dialler = dialOut({
    gateways: () => [must(gateway.address, 'it listens')],
    edge,
    identity: () => authority.identity({ role: 'store', network: NETWORK_ID, store: id }),
    authorise: authority.judge(['gateway']),
    ...{ clock, random },
  });
  await met.promise;
  return underTest(local, known, async () => {
    dialler.close();
    await Promise.all([gateway.close(), edge.close()]);
  });
});

test('D13: a store on hold refuses what its owner signed, and obeys the same warrant after it', async (context) => {
  const around = new Surroundings(7);
  const local = inMemory(around);
  let isHeld = true;
  const edge = await storeEdge(local, true, {
    ...plainDuties(local.store.identity, local.seed),
    demandNoHold: () => {
      if (isHeld) throw new KuraError('busy', 'on hold');
    },
  });
  const known = gatewayStores(() => undefined);
  context.after(async () => {
    known.close();
    await edge.close();
  });
  const { storeId: id } = local.store.identity;
  await known.setInward(new Map([[id, must(edge.address, 'it listens')]]));
  const remote = must(known.remote(id), 'the store can be reached');
  const copyId = around.newCopyId();
  const bytes = random.bytes(packBytes(shape, 0));
  await sendCopy(remote, { id: copyId, member: around.alice.member, bytes });
  const warrant = around.destroy(id, { copyIds: [copyId] });
  const isBusy = (error: unknown): boolean => error instanceof KuraError && error.code === 'busy';
  await rejects(remote.obey(warrant), isBusy);
  await remote.stat(copyId);
  isHeld = false;
  await remote.obey(warrant);
  await rejects(
    remote.stat(copyId),
    (error) => error instanceof KuraError && error.code === 'missing',
  );
});
