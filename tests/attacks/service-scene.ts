// A service on loopback as members meet it, coordinator with gateway and strict stores, and two members of it: alice,
// who has a pack and a snapshot there, and bob, who wants them.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { RemotePackSink } from '@kura/agent/network/remote-pack-sink.ts';
import {
  type CopyId,
  systemAlarmClock as clock,
  deviceId,
  equalBytes,
  memberId,
  must,
  type PackId,
  PackIds,
  packId,
  systemRandom as random,
  type SessionId,
  SMALL_SHAPE,
  type SnapshotId,
  type StoreId,
  snapshotId,
  toHex,
} from '@kura/base';
import { type CertificateName, issue, newRequest } from '@kura/certificates';
import { type PackRecord, type SnapshotHead, ticketWord } from '@kura/contract';
import { encodeCommit } from '@kura/contract/wire/commit-body.ts';
import { CUSTODY_ENDPOINTS } from '@kura/contract/wire/endpoints/custody.ts';
import { GATEWAY_ENDPOINTS } from '@kura/contract/wire/endpoints/gateway.ts';
import { packSetRoot } from '@kura/coordinator';
import { type EndpointClient, openClient, type TlsIdentity } from '@kura/wire';
import { readWhole } from '@kura/wire/body.ts';
import { SmallService, type TestDevice } from '../network/small-service.ts';
import type { AttackScene } from './attack.ts';

type Agent = ReturnType<SmallService['agent']>;

const shape = SMALL_SHAPE;
const LEAVES = shape.packLeaves[0];

export interface Victim {
  readonly pack: PackId;
  readonly record: PackRecord;
  readonly snapshot: SnapshotId;
  readonly storeId: StoreId;
  readonly copyId: CopyId;
}

export function newPack(): { readonly id: PackId; readonly sealed: Uint8Array } {
  return {
    id: packId(toHex(random.bytes(32))),
    sealed: random.bytes(LEAVES * shape.leafBytes),
  };
}

export function headOf(uses: readonly PackId[]): SnapshotHead {
  return {
    snapshotId: snapshotId(toHex(random.bytes(32))),
    packId: must(uses.at(-1), 'a pack'),
    predecessor: undefined,
    deviceKey: random.bytes(32),
    timeMs: clock.nowMs(),
    packSetRoot: packSetRoot(must(PackIds.of(uses), 'each once')),
    packCount: uses.length,
    leafSalt: random.bytes(32),
  };
}

export class ServiceScene implements AttackScene {
  readonly service: SmallService;
  readonly alice: Agent;
  readonly alicesDevice: TestDevice;
  readonly bob: Agent;
  readonly bobsDevice: TestDevice;
  readonly #clients: EndpointClient[] = [];
  #victim: Victim | undefined;

  private constructor(
    service: SmallService,
    { alices, bobs }: { readonly alices: TestDevice; readonly bobs: TestDevice },
  ) {
    this.service = service;
    this.alicesDevice = alices;
    this.alice = service.agent(alices);
    this.bobsDevice = bobs;
    this.bob = service.agent(bobs);
  }

  static async open(): Promise<ServiceScene> {
    const service = await SmallService.start(['osaka', 'frankfurt', 'seoul']);
    const scene = new ServiceScene(service, {
      alices: await service.join(),
      bobs: await service.join(),
    });
    scene.#victim = await scene.#save(scene.alice);
    return scene;
  }

  get victim(): Victim {
    return must(this.#victim, 'the scene was opened');
  }

  /** With a certificate of the network's own authority for this name, or another one's. */
  client(identity: TlsIdentity | undefined): EndpointClient {
    const client = openClient({
      addresses: [this.service.address],
      identity,
      trust: () => undefined,
      ...{ clock, random },
    });
    this.#clients.push(client);
    return client;
  }

  /** A certificate that the network could have issued at that time. */
  certified(name: (network: string) => CertificateName, nowMs = clock.nowMs()): TlsIdentity {
    const { folder, rootPem, networkId } = this.service;
    const keyPem = fs.readFileSync(`${folder}/state/secrets/authority.key`, 'utf8');
    const made = newRequest(random);
    const certificatePem = issue(
      { certificatePem: rootPem, keyPem },
      { request: made.request, name: name(networkId), hosts: [], nowMs, random },
    );
    return { keyPem: made.keyPem, certificatePem };
  }

  /** Alice's own name, as it stands in her device's certificate. */
  aliceIn(network: string): CertificateName {
    const { memberId: member, deviceId: device } = this.alicesDevice;
    return { role: 'device', network, member, device };
  }

  nobodyIn(network: string): CertificateName {
    const member = memberId(toHex(random.bytes(16)));
    return { role: 'device', network, member, device: deviceId(toHex(random.bytes(16))) };
  }

  /** `within`: default a session that lives for just this pack. */
  async send(
    agent: Agent,
    { id, sealed, sha256 }: ReturnType<typeof newPack> & { readonly sha256?: Uint8Array },
    within?: SessionId,
  ): Promise<unknown> {
    const session = within ?? (await agent.tables.beginSession('backup'));
    try {
      return await agent.gateway.call(GATEWAY_ENDPOINTS.receivePack, {
        params: { pack: id },
        query: { session, hangUp: 'late' },
        body: { bytes: sealed, ...(sha256 === undefined ? {} : { sha256 }) },
        tries: 1,
      });
    } finally {
      if (within === undefined) await agent.tables.endSession(session);
    }
  }

  commit(agent: Agent, session: Parameters<Agent['tables']['endSession']>[0], head: SnapshotHead) {
    const uses = [head.packId];
    return agent.coordinator.call(CUSTODY_ENDPOINTS.commitSnapshot, {
      query: { session, hangUp: 'late' },
      body: { bytes: encodeCommit({ head, uses }) },
      tries: 1,
    });
  }

  async ticketOf(agent: Agent): Promise<Uint8Array> {
    const { storeId, copyId } = this.victim;
    const body = { copies: [{ storeId, copyId }] };
    const { tickets } = await agent.coordinator.call(CUSTODY_ENDPOINTS.tickets, { body });
    return must(tickets[0], 'a ticket');
  }

  /** All leaves of alice's copy, through the gateway. */
  async relay(agent: Agent, ticket: Uint8Array): Promise<Uint8Array> {
    const { storeId: store, copyId: copy } = this.victim;
    const body = await agent.gateway.call(GATEWAY_ENDPOINTS.relayLeaves, {
      params: { store, copy },
      query: { first: 0, count: LEAVES },
      authorization: `Kura ${ticketWord(ticket)}`,
      tries: 1,
    });
    return readWhole(body);
  }

  /** Alice finds her pack standing, her snapshot listed, and her copy as it was. */
  async check(): Promise<void> {
    const { pack, snapshot, record } = this.victim;
    const row = await this.alice.tables.pack(pack);
    if (row?.state !== 'standing' || row.copies.length !== 2) throw new Error('the pack is harmed');
    const all = await this.alice.tables.snapshots();
    if (!all.some((one) => one.snapshotId === snapshot)) throw new Error('the snapshot is gone');
    const leaves = await this.relay(this.alice, await this.ticketOf(this.alice));
    const first = createHash('sha256').update(leaves.subarray(0, shape.leafBytes)).digest();
    const hashes = must(record.copies[0], 'a copy').leafHashes;
    if (!equalBytes(first, hashes.subarray(0, 32))) throw new Error('the copy was changed');
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.service.close();
  }

  async #save(agent: Agent): Promise<Victim> {
    const { id, sealed } = newPack();
    const session = await agent.tables.beginSession('backup');
    const sink = new RemotePackSink({
      ...{ client: agent.gateway, deviceSeed: agent.deviceSeed, shape, session, clock },
      meet: async () => undefined,
    });
    const upload = await sink.open(id, LEAVES);
    await upload.write(sealed);
    const record = await upload.finish();
    await agent.tables.recordPacks(session, [record]);
    const head = headOf([id]);
    await agent.tables.commitSnapshot(session, head, [id]);
    await agent.tables.endSession(session);
    const { storeId, copyId } = must(record.copies[0], 'a copy').acknowledgement;
    return { pack: id, record, snapshot: head.snapshotId, storeId, copyId };
  }
}
