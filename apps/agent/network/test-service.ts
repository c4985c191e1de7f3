// For tests: the embedded test network behind real TLS on loopback, as a service would put it there: a
// coordinator with a gateway, and a reader for each store but the strict one. It stands in for the programs of
// other packages, not for their judgement: who asks, it believes.
import { X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  deviceId,
  fromHex,
  KuraError,
  must,
  type PackId,
  type StoreId,
  systemAlarmClock,
  systemRandom,
} from '@kura/base';
import { foundAuthority, issue, judge, newRequest, type Role } from '@kura/certificates';
import { keyHashOf } from '@kura/certificates/trust.ts';
import {
  ed25519PublicKey,
  MAX_TICKET_MS,
  NO_REVOCATIONS,
  type PackRecord,
  type PackRow,
  type StoreReader,
  signReaderStatement,
  signTicket,
} from '@kura/contract';
import { decodeCommit } from '@kura/contract/wire/commit-body.ts';
import { encodeCopyTable } from '@kura/contract/wire/copy-table.ts';
import { CUSTODY_ENDPOINTS as CUSTODY } from '@kura/contract/wire/endpoints/custody.ts';
import { GATEWAY_ENDPOINTS as GATEWAY } from '@kura/contract/wire/endpoints/gateway.ts';
import { NETWORK_ENDPOINTS as NETWORK } from '@kura/contract/wire/endpoints/network.ts';
import { READER_ENDPOINTS as READER } from '@kura/contract/wire/endpoints/reader.ts';
import { writeKeyring } from '@kura/contract/wire/keyring-body.ts';
import { createGateway, embeddedCopyKeys } from '@kura/coordinator';
import { type LetterKeys, sealLetter, signLetter } from '@kura/copy-seal';
import { deriveServiceKeys, newRoot } from '@kura/member-seal';
import { readerHandlers } from '@kura/store/reader/handlers.ts';
import { openShelfForReading } from '@kura/store/reader/open-shelf.ts';
import { readWhole } from '@kura/wire/body.ts';
import type { Edge, ServeOptions } from '@kura/wire/server/edge.ts';
import type { EndpointTable } from '@kura/wire/server/handler.ts';
import { serve } from '@kura/wire/server/serve.ts';
import type { TlsIdentity } from '@kura/wire/tls.ts';
import { native, type TestNetwork, type TestStore } from '../test-network.ts';
import type { NetworkAccess } from './access.ts';

const NETWORK_ID = 'ee'.repeat(16);
const TICKET_SEED = new Uint8Array(32).fill(9);
const COORDINATOR_SEED = new Uint8Array(32).fill(8);
/** Its letters are for whoever has this root. */
const MEMBER = deriveServiceKeys(newRoot(systemRandom));
const clock = systemAlarmClock;
const random = systemRandom;

/** What this service does not do. */
const nothing = async (): Promise<undefined> => undefined;

export class TestService {
  readonly #network: TestNetwork;
  readonly #authority = foundAuthority(NETWORK_ID, { nowMs: clock.nowMs(), random });
  readonly #edges: Edge[] = [];
  readonly #uploads = new Map<PackId, PackRecord>();
  readonly #changes: PackRow[] = [];
  readonly #readers = new Map<TestStore, string>();
  /** Calls by name: what a test may count. */
  readonly calls = new Map<string, number>();
  /** Changes what a reader gives, as a store that lies would. */
  falsify: (store: TestStore, leaves: Uint8Array) => void = () => undefined;
  /** How old its tickets are when they are given. */
  ticketAgeMs = 0;
  /** What the next packs sent are answered with, before any is taken. */
  readonly answers: KuraError[] = [];
  #service = '';

  private constructor(network: TestNetwork) {
    this.#network = network;
  }

  /** The last store has no reader. */
  static async start(network: TestNetwork): Promise<TestService> {
    const service = new TestService(network);
    for (const store of network.stores.slice(0, -1)) await service.#serveReader(store);
    await service.#serveNetwork();
    return service;
  }

  async close(): Promise<void> {
    await Promise.all(this.#edges.map((edge) => edge.close()));
  }

  /** What the member opens its letters with. */
  readonly letterKeys: LetterKeys = {
    ...MEMBER,
    coordinatorKey: ed25519PublicKey(COORDINATOR_SEED),
  };

  access(): NetworkAccess {
    return {
      coordinators: [this.#service],
      gateways: [this.#service],
      rootPem: this.#authority.certificatePem,
      identity: this.#identity({
        role: 'device',
        network: NETWORK_ID,
        member: this.#network.keys.memberId,
        device: deviceId('dd'.repeat(16)),
      }),
      level: 3,
      proxy: undefined,
      limits: { sendBytesPerS: 0, receiveBytesPerS: 0 },
      connections: 4,
    };
  }

  #identity(name: Parameters<typeof issue>[1]['name']): TlsIdentity {
    const { keyPem, request } = newRequest(random);
    const order = { request, name, hosts: ['127.0.0.1'], nowMs: clock.nowMs(), random };
    return { keyPem, certificatePem: issue(this.#authority, order) };
  }

  async #serve<const T extends EndpointTable>(
    tls: TlsIdentity,
    { endpoints, handlers }: Pick<ServeOptions<T>, 'endpoints' | 'handlers'>,
  ): Promise<string> {
    const root = new X509Certificate(this.#authority.certificatePem);
    const roles: readonly Role[] = ['device'];
    const revoked = new Set<string>();
    const edge = await serve({
      ...{ endpoints, handlers, tls, clock, random },
      listen: { host: '127.0.0.1', port: 0 },
      authorise: (certificate) =>
        judge(certificate, { root, network: NETWORK_ID, nowMs: clock.nowMs(), roles, revoked }),
      onRequest: ({ endpoint = 'none' }) =>
        this.calls.set(endpoint, (this.calls.get(endpoint) ?? 0) + 1),
    });
    this.#edges.push(edge);
    return must(edge.address, 'an edge that listens');
  }

  async #serveReader(store: TestStore): Promise<void> {
    const tls = this.#identity({
      role: 'store',
      network: NETWORK_ID,
      store: store.identity.storeId,
    });
    const shelf = openShelfForReading({
      ...{ disk: store.disk, folder: '/shelf', native, clock, random },
    });
    const { storeId, inventoryEpoch } = store.identity;
    const keyHash = keyHashOf(new X509Certificate(tls.certificatePem));
    const statement = signReaderStatement(
      { storeId, inventoryEpoch, keyHash, madeMs: clock.nowMs() },
      seedOf(store),
    );
    const address = await this.#serve(tls, {
      endpoints: READER,
      handlers: readerHandlers({
        shelf: this.#lying(store, shelf),
        trust: () => ({
          ticketKeys: [ed25519PublicKey(TICKET_SEED)],
          coordinatorKeys: [],
          revocations: NO_REVOCATIONS,
        }),
        statement: () => statement,
        ownerOf: () => undefined,
        clock,
      }),
    });
    this.#readers.set(store, address);
  }

  #lying<S extends StoreReader>(store: TestStore, shelf: S): S {
    const fetch = shelf.fetch.bind(shelf);
    shelf.fetch = async (copyId, first, count, into, signal) => {
      await fetch(copyId, first, count, into, signal);
      this.falsify(store, into);
    };
    return shelf;
  }

  async #serveNetwork(): Promise<void> {
    const tls = this.#identity({ role: 'coordinator', network: NETWORK_ID, id: 'c0'.repeat(16) });
    this.#service = await this.#serve(tls, {
      endpoints: { ...CUSTODY, ...NETWORK, ...GATEWAY },
      handlers: { ...this.#custody(), ...this.#describing(), ...this.#receiving() },
    });
  }

  #custody(): ServeOptions<typeof CUSTODY>['handlers'] {
    const { coordinator } = this.#network;
    const notFound = (what: string): never => {
      throw new KuraError('not_found', `there is no such ${what}`);
    };
    return {
      beginSession: ({ params, body }) => done(coordinator.beginSession(body.kind, params.session)),
      renewSession: ({ params }) => done(coordinator.renewSession(params.session)),
      endSession: ({ params, body }) => done(coordinator.endSession(params.session, body.outcome)),
      noteSession: ({ params, body }) => done(coordinator.noteSession(params.session, body.line)),
      changedPacks: async ({ query }) => {
        await this.#noteChanges();
        // Two packs a page, whatever was asked for: every page counts.
        const rows = this.#changes.slice(query.since, query.since + 2);
        const tick = query.since + rows.length;
        return { tick, rows, dropped: [], isComplete: tick === this.#changes.length };
      },
      describePack: async ({ params }) => (await coordinator.pack(params.pack)) ?? notFound('pack'),
      recordPacks: ({ body }) =>
        done(
          coordinator.recordPacks(
            body.sessionId,
            body.packs.map((id) => must(this.#uploads.get(id), 'a pack that was sent')),
          ),
        ),
      markPacks: ({ body }) => done(coordinator.markPacks(body.packs)),
      unmarkPacks: ({ body }) => done(coordinator.unmarkPacks(body.packs)),
      condemnPacks: async ({ body: { sessionId, packs, seenSnapshots } }) => ({
        packs: await coordinator.condemnPacks(sessionId, packs, seenSnapshots),
      }),
      rescuePack: async ({ params, body }) => ({
        isInTime: await coordinator.rescuePack(body.sessionId, params.pack),
      }),
      ...{ reportFault: nothing, releaseNotices: nothing },
      commitSnapshot: async ({ query, body }) => {
        const { head, uses } = decodeCommit(await readWhole(body));
        return { receipt: await coordinator.commitSnapshot(query.session, head, [...uses]) };
      },
      snapshots: async ({ query }) => ({
        snapshots: (await coordinator.snapshots()).filter(
          ({ leafIndex }) => leafIndex >= query.fromLeaf,
        ),
      }),
      forgetSnapshots: ({ body }) => done(coordinator.forgetSnapshots(body.order)),
      forgetOrders: async ({ query }) => ({
        orders: await coordinator.forgetOrders(query.after, query.limit),
      }),
      noteProof: ({ params, body }) =>
        done(coordinator.noteProof({ snapshotId: params.snapshot, ...body })),
      proofs: async () => ({
        proofs: (await coordinator.proofs()).map((proof) => ({ leafIndex: 0, ...proof })),
      }),
      receipt: async ({ params }) =>
        (await coordinator.receipt(params.snapshot)) ?? notFound('receipt'),
      tickets: async ({ body, caller }) => {
        const fromMs = clock.nowMs() - this.ticketAgeMs;
        const keyHash = caller.kind === 'nobody' ? new Uint8Array(32) : caller.keyHash;
        const times = { fromMs, untilMs: fromMs + MAX_TICKET_MS };
        return {
          tickets: body.copies.map((copy) =>
            signTicket({ ...copy, ...times, keyHash }, TICKET_SEED),
          ),
        };
      },
      orderRemoval: async ({ body }) => {
        await readWhole(body);
        return notFound('removal');
      },
    };
  }

  /** A tick is a position in the list of all changes. */
  async #noteChanges(): Promise<void> {
    for (const row of await this.#network.coordinator.packs(undefined, 1000)) {
      const known = this.#changes.findLast(({ packId }) => packId === row.packId);
      if (known === undefined || !isDeepStrictEqual(known, row)) this.#changes.push(row);
    }
  }

  #describing(): ServeOptions<typeof NETWORK>['handlers'] {
    const network = this.#network;
    return {
      describeMine: async () => {
        const { stores, ...described } = (await network.context()).network;
        return {
          ...described,
          stores: stores.map(({ location: _, awaySinceMs, riskNow, danger, ...store }) => {
            const at = network.stores.find(
              ({ identity }) => identity.storeId === store.identity.storeId,
            );
            const reader = at === undefined ? undefined : this.#readers.get(at);
            const kind = reader === undefined ? ('strict' as const) : ('readable' as const);
            const readers = reader === undefined ? [] : [reader];
            return { ...store, awaySinceMs, riskNow, danger, kind, readers };
          }),
          gateways: [this.#service],
          witnessPolicy: undefined,
          awaitsReturns: false,
        };
      },
      copyKeys: async () => {
        const { copyKeys } = await network.context();
        const pseudonym = network.keys.memberId;
        const text = writeKeyring({
          ...{ version: 1, memberId: pseudonym, noticeKey: new Uint8Array(32), notices: 0 },
          keys: [...copyKeys].map(([storeId, copyKey]) => ({ storeId, copyKey, pseudonym })),
        });
        const signature = signLetter('keyring', text, COORDINATOR_SEED);
        return {
          sealed: sealLetter('keyring', { text, signature, noticeKey: MEMBER.noticeKey }),
        };
      },
      grants: async () => ({ grants: [] }),
    };
  }

  #receiving(): ServeOptions<typeof GATEWAY>['handlers'] {
    const read = async (storeId: StoreId) =>
      must((await this.#network.context()).stores.get(storeId), 'a store of this network');
    const never = async (): Promise<never> => {
      throw new KuraError('unsupported', 'no test asks for this');
    };
    return {
      receivePack: async ({ params: { pack }, body }) => {
        const answer = this.answers.shift();
        if (answer !== undefined) throw answer;
        const known = this.#uploads.get(pack);
        if (known !== undefined) return { state: 'stored', record: known, challenge: undefined };
        const { network, stores, keys } = await this.#network.context();
        const gateway = createGateway({
          ...{ network, stores, native, hashing: 'gateway' },
          keys: embeddedCopyKeys(keys.embeddedNetworkSecret),
        });
        const bytes = new Uint8Array(body.sizeBytes);
        await body.readInto(bytes);
        const upload = await gateway.open(pack, bytes.length / network.shape.leafBytes);
        await upload.write(bytes);
        const record = await upload.finish();
        this.#uploads.set(pack, record);
        return { state: 'stored', record, challenge: undefined };
      },
      relayTable: async ({ params }) => ({
        bytes: encodeCopyTable(await (await read(params.store)).stat(params.copy)),
      }),
      relayLeaves: async ({ params, query }) => {
        const { shape } = this.#network;
        const bytes = new Uint8Array(query.count * shape.leafBytes);
        await (await read(params.store)).fetch(params.copy, query.first, query.count, bytes);
        return { bytes };
      },
      describeUpload: never,
      provePresence: never,
      returnPacks: never,
      dial: never,
    };
  }
}

async function done(work: Promise<unknown>): Promise<undefined> {
  await work;
  return undefined;
}

/** As the shelf keeps it: hex in a file of its own. */
function seedOf({ disk }: TestStore): Uint8Array {
  const file = disk.openRead('/shelf/identity.key');
  try {
    const bytes = new Uint8Array(64);
    file.read(bytes, 0);
    return fromHex(Buffer.from(bytes).toString('latin1'));
  } finally {
    file.close();
  }
}
