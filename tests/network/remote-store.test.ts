// Goal: a store on another machine is a store like any other, whichever side opened the connection. Over real
// TLS on loopback: once the gateway calls the store's listener, once the store has none and dials out.
import {
  assert,
  type CopyId,
  systemAlarmClock as clock,
  must,
  systemRandom as random,
  SMALL_SHAPE,
  storeId,
  toHex,
} from '@kura/base';
import { type ScrubResult, type StoreKeeperPort, signIdentityProof } from '@kura/contract';
import { GATEWAY_ENDPOINTS } from '@kura/contract/wire/endpoints/gateway.ts';
import { STORE_ENDPOINTS } from '@kura/contract/wire/endpoints/store.ts';
import { KnownStores } from '@kura/coordinator/gateway/known-stores.ts';
import type { RemoteStore } from '@kura/coordinator/gateway/remote-store.ts';
import { loadNative } from '@kura/native';
import { MemoryStore } from '@kura/store';
import { storeHandlers } from '@kura/store/api/handlers.ts';
import { type Founding, storeConformance } from '@kura/testing';
import { dialOut, type Edge, serve } from '@kura/wire';
import { NETWORK_ID, TestAuthority } from './authority.ts';

const shape = SMALL_SHAPE;
const authority = new TestAuthority();

/** What only whoever runs the store can do is done there; all else goes over the wire. */
class RemoteKeeper implements StoreKeeperPort {
  readonly #known: KnownStores;
  readonly #local: MemoryStore;

  constructor(known: KnownStores, local: MemoryStore) {
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
  freeBytes: StoreKeeperPort['freeBytes'] = () => this.#remote.freeBytes();
  enumerate: StoreKeeperPort['enumerate'] = () => this.#local.enumerate();
  scrub(copy: CopyId): Promise<ScrubResult> {
    return this.#local.scrub(copy);
  }
}

function newStore(founding: Founding): { store: MemoryStore; seed: Uint8Array } {
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
  return { store, seed };
}

function storeEdge(store: MemoryStore, seed: Uint8Array, isListening: boolean): Promise<Edge> {
  const { storeId: id, inventoryEpoch } = store.identity;
  return serve({
    endpoints: STORE_ENDPOINTS,
    handlers: storeHandlers({
      keeper: store,
      shape,
      duties: {
        prove: (challenge) => signIdentityProof({ challenge, storeId: id, inventoryEpoch }, seed),
        admit: async () => undefined,
        takeRevocations: async () => undefined,
        isOnHold: () => false,
      },
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

function underTest(store: MemoryStore, known: KnownStores, close: () => Promise<unknown>) {
  return {
    store: new RemoteKeeper(known, store),
    shape,
    canHeal: false,
    damage: (id: CopyId, leaves: readonly number[]): void => {
      const bytes = store.rawBytes(id);
      for (const leaf of leaves) {
        bytes[leaf * shape.leafBytes] = ~(bytes[leaf * shape.leafBytes] ?? 0);
      }
    },
    dispose: async (): Promise<void> => {
      known.close();
      await close();
    },
  };
}

storeConformance('on another machine, with an inward listener', async (founding) => {
  const { store, seed } = newStore(founding);
  const edge = await storeEdge(store, seed, true);
  const known = gatewayStores(() => undefined);
  const address = must(edge.address, 'it listens');
  await known.setInward(new Map([[store.identity.storeId, address]]));
  return underTest(store, known, () => edge.close());
});

storeConformance('on another machine, without a port, dialling out', async (founding) => {
  const { store, seed } = newStore(founding);
  const met = Promise.withResolvers<void>();
  const known = gatewayStores(met.resolve);
  const [gateway, edge] = await Promise.all([gatewayEdge(known), storeEdge(store, seed, false)]);
  const { storeId: id } = store.identity;
  const dialler = dialOut({
    gateways: () => [must(gateway.address, 'it listens')],
    edge,
    identity: () => authority.identity({ role: 'store', network: NETWORK_ID, store: id }),
    authorise: authority.judge(['gateway']),
    ...{ clock, random },
  });
  await met.promise;
  return underTest(store, known, async () => {
    dialler.close();
    await Promise.all([gateway.close(), edge.close()]);
  });
});
