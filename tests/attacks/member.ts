// Goal: what one member has is nothing to another, whatever ids they know; and a certificate says all that there is to
// say about who somebody is (A14, D13).
import { DAY_MS, SMALL_SHAPE, sessionId, systemClock, systemRandom, toHex } from '@kura/base';
import { type DestroyPackWarrant, signForgetOrder, signWarrant, ticketWord } from '@kura/contract';
import { CUSTODY_ENDPOINTS, MAX_COMMIT_BYTES } from '@kura/contract/wire/endpoints/custody.ts';
import { GATEWAY_ENDPOINTS } from '@kura/contract/wire/endpoints/gateway.ts';
import { HEARTBEAT_ENDPOINTS } from '@kura/contract/wire/endpoints/heartbeat.ts';
import { OPERATOR_ENDPOINTS } from '@kura/contract/wire/endpoints/operator.ts';
import type { TlsIdentity } from '@kura/wire';
import { NETWORK_ID, TestAuthority } from '../network/authority.ts';
import { type Attack, answerOf, attackGroup, sameAnswer, THROUGH } from './attack.ts';
import { askRaw, request } from './raw-caller.ts';
import { headOf, newPack, ServiceScene } from './service-scene.ts';
import { newKeyHolder } from './store-scene.ts';

const { describePack } = CUSTODY_ENDPOINTS;

function asking(
  name: string,
  identityOf: (scene: ServiceScene) => TlsIdentity | undefined,
  answer: string,
): Attack<ServiceScene> {
  return {
    rows: 'R33',
    name,
    answer,
    play: (scene) => {
      const client = scene.client(identityOf(scene));
      const params = { pack: scene.victim.pack };
      return answerOf(client.call(describePack, { params, tries: 1 }));
    },
  };
}

const certificates: readonly Attack<ServiceScene>[] = [
  asking('shows no certificate', () => undefined, 'refused: none'),
  asking('shows one that it made itself', () => newKeyHolder().tls, 'refused: self-made'),
  asking(
    "names itself alice in another network's certificate",
    (scene) => new TestAuthority().identity(scene.aliceIn(NETWORK_ID)),
    'refused: foreign',
  ),
  asking(
    'names itself alice in a certificate that the same authority issued for another network',
    (scene) => scene.certified(() => scene.aliceIn(NETWORK_ID)),
    'refused: foreign',
  ),
  asking(
    "shows alice's certificate after its end",
    (scene) =>
      scene.certified((network) => scene.aliceIn(network), systemClock.nowMs() - 91 * DAY_MS),
    'refused: expired',
  ),
  asking(
    "shows alice's certificate before its beginning",
    (scene) => scene.certified((network) => scene.aliceIn(network), systemClock.nowMs() + DAY_MS),
    'refused: not yet valid',
  ),
  asking(
    'is a store, and asks as a member',
    (scene) =>
      scene.certified((network) => ({ role: 'store', network, store: scene.victim.storeId })),
    'refused: wrong role',
  ),
  asking(
    'is an operator, and asks as a member',
    (scene) => scene.certified((network) => ({ role: 'operator', network, id: 'ada' })),
    'refused: wrong role',
  ),
  asking(
    'is a gateway, and asks as a member',
    (scene) => scene.certified((network) => ({ role: 'gateway', network, id: 'ab'.repeat(16) })),
    'refused: wrong role',
  ),
];

const roles: readonly Attack<ServiceScene>[] = [
  {
    rows: 'R33',
    name: 'is a member, and speaks as a store',
    answer: 'refused: wrong role',
    play: ({ bob }) => {
      const body = {
        ...{ inventoryEpoch: 1, freeBytes: 1, knownKeys: 0, revocations: 0, statement: undefined },
        ...{ scrub: undefined, mark: undefined, hold: undefined, power: undefined },
      };
      return answerOf(bob.coordinator.call(HEARTBEAT_ENDPOINTS.heartbeat, { body, tries: 1 }));
    },
  },
  {
    rows: 'R33',
    name: 'is a member, and invites another operator',
    answer: 'refused: wrong role',
    play: ({ bob }) => {
      const body = {
        ...{ purpose: 'operator' as const, operator: 'eve', lastsMs: undefined },
        ...{ planId: undefined, paidUntilMs: undefined, mailAddress: undefined },
      };
      return answerOf(bob.coordinator.call(OPERATOR_ENDPOINTS.invite, { body }));
    },
  },
  {
    rows: 'R33',
    name: 'is a member, and admits a store',
    answer: 'refused: wrong role',
    play: ({ bob, victim }) =>
      answerOf(
        bob.coordinator.call(OPERATOR_ENDPOINTS.setStore, {
          params: { store: victim.storeId },
          body: { state: 'lost', minimumLevel: undefined },
        }),
      ),
  },
  {
    rows: 'R33',
    name: 'is an operator, and saves',
    answer: 'refused: wrong role',
    play: (scene) => {
      const tls = scene.certified((network) => ({ role: 'operator', network, id: 'ada' }));
      const { id, sealed } = newPack();
      return answerOf(
        scene.client(tls).call(GATEWAY_ENDPOINTS.receivePack, {
          params: { pack: id },
          query: { session: sessionId('5e'.repeat(16)), hangUp: 'late' },
          body: { bytes: sealed },
          tries: 1,
        }),
      );
    },
  },
];

const others: readonly Attack<ServiceScene>[] = [
  {
    rows: 'R4',
    name: "asks for another member's pack by its id",
    answer: 'not_found',
    play: ({ bob, victim }) =>
      answerOf(bob.coordinator.call(describePack, { params: { pack: victim.pack } })),
  },
  {
    rows: 'R4',
    name: "asks for another member's receipt",
    answer: 'not_found',
    play: ({ bob, victim }) =>
      answerOf(
        bob.coordinator.call(CUSTODY_ENDPOINTS.receipt, { params: { snapshot: victim.snapshot } }),
      ),
  },
  {
    rows: 'R33',
    name: "asks for tickets for another member's copies",
    answer: 'refused: copy',
    play: (scene) => answerOf(scene.ticketOf(scene.bob)),
  },
  {
    rows: 'R33',
    name: "reads another member's copy through the gateway with a stolen ticket",
    answer: 'refused: key',
    play: async (scene) => {
      const ticket = await scene.ticketOf(scene.alice);
      return answerOf(scene.relay(scene.bob, ticket));
    },
  },
  {
    rows: 'R4',
    name: "records a pack as its own that another member's gateway took in",
    answer: 'refused: upload',
    play: async ({ bob, victim }) => {
      const session = await bob.tables.beginSession('backup');
      return answerOf(bob.tables.recordPacks(session, [victim.record]));
    },
  },
  {
    rows: 'R4',
    name: "commits a snapshot over another member's pack",
    answer: 'refused',
    play: async (scene) => {
      const session = await scene.bob.tables.beginSession('backup');
      return answerOf(scene.commit(scene.bob, session, headOf([scene.victim.pack])));
    },
  },
  {
    rows: 'R28',
    name: "renews and ends another member's session",
    answer: 'interrupted, and hers goes on',
    play: async ({ alice, bob }) => {
      const session = await alice.tables.beginSession('backup');
      const renewed = await answerOf(bob.tables.renewSession(session));
      await answerOf(bob.tables.endSession(session));
      const hers = await answerOf(alice.tables.renewSession(session));
      await alice.tables.endSession(session);
      return hers === THROUGH ? `${renewed}, and hers goes on` : `hers is ${hers}`;
    },
  },
  {
    rows: 'R28',
    name: "forgets another member's snapshot",
    answer: 'nothing happened',
    play: async ({ bob, bobsDevice, victim }) => {
      const { memberId, ownerSeed } = bobsDevice;
      const fields = { memberId, timeMs: systemClock.nowMs(), snapshots: [victim.snapshot] };
      await answerOf(bob.tables.forgetSnapshots(signForgetOrder(fields, ownerSeed)));
      return 'nothing happened';
    },
  },
  {
    rows: 'R28',
    name: 'forgets a snapshot of its own member without the key of the owner',
    answer: 'refused: signature',
    play: ({ alice, alicesDevice, victim }) => {
      const { memberId } = alicesDevice;
      const fields = { memberId, timeMs: systemClock.nowMs(), snapshots: [victim.snapshot] };
      const forged = signForgetOrder(fields, systemRandom.bytes(32));
      return answerOf(alice.tables.forgetSnapshots(forged));
    },
  },
  {
    rows: 'R28',
    name: "marks and condemns another member's pack",
    answer: 'nothing happened',
    play: async ({ bob, victim }) => {
      const session = await bob.tables.beginSession('prune');
      await answerOf(bob.tables.markPacks([victim.pack]));
      const gone = await bob.tables.condemnPacks(session, [victim.pack], []).catch(() => []);
      return gone.length === 0 ? 'nothing happened' : 'condemned';
    },
  },
  {
    rows: 'R30',
    name: "orders removal of another member's pack",
    answer: 'refused: copy',
    play: async ({ bob, bobsDevice, victim }) => {
      const issuedMs = systemClock.nowMs();
      const warrants = victim.record.copies.map(({ acknowledgement: { storeId, copyId } }) =>
        signWarrant<DestroyPackWarrant>(
          {
            ...{ kind: 'destroy-pack', storeId, copyIds: [copyId] },
            ...{ issuedMs, notBeforeMs: issuedMs + DAY_MS },
          },
          bobsDevice.ownerSeed,
        ),
      );
      return answerOf(bob.tables.orderRemoval([victim.pack], warrants));
    },
  },
  {
    rows: 'R28',
    name: "sends other bytes under the id of another member's pack",
    answer: 'a pack of its own',
    play: async (scene) => {
      const { pack } = scene.victim;
      await scene.send(scene.bob, { id: pack, sealed: newPack().sealed });
      return (await scene.bob.tables.pack(pack)) === undefined ? 'a pack of its own' : 'shared';
    },
  },
];

const stolen: readonly Attack<ServiceScene>[] = [
  {
    rows: 'R32, R33',
    name: 'sends packs without having begun a session, whose contract nobody judged',
    answer: 'interrupted',
    play: (scene) =>
      answerOf(scene.send(scene.alice, newPack(), sessionId(toHex(systemRandom.bytes(16))))),
  },
  {
    rows: 'R32, R33',
    name: "sends packs within another member's session",
    answer: 'interrupted',
    play: async (scene) => {
      const session = await scene.bob.tables.beginSession('backup');
      const answer = await answerOf(scene.send(scene.alice, newPack(), session));
      await scene.bob.tables.endSession(session);
      return answer;
    },
  },
  {
    rows: 'R32, R33',
    name: 'sends packs within a session that ended, or that only reads',
    answer: 'interrupted, then refused: session',
    play: async (scene) => {
      const { tables } = scene.alice;
      const ended = await tables.beginSession('backup');
      await tables.endSession(ended);
      const reading = await tables.beginSession('restore');
      const answers = [
        await answerOf(scene.send(scene.alice, newPack(), ended)),
        await answerOf(scene.send(scene.alice, newPack(), reading)),
      ];
      await tables.endSession(reading);
      return answers.join(', then ');
    },
  },
  {
    rows: 'R38',
    name: 'announces a commit of 32 MB without a session, and sends none of it',
    answer: '440 interrupted',
    play: ({ service, alicesDevice }) =>
      askRaw(
        service.address,
        request(
          `POST /v1/snapshots?session=${'5e'.repeat(16)}&hangUp=late`,
          'Content-Type: application/octet-stream',
          `Content-Digest: sha-256=:${Buffer.alloc(32).toString('base64')}:`,
          `Content-Length: ${MAX_COMMIT_BYTES}`,
        ),
        alicesDevice.identity,
      ),
  },
  {
    rows: 'R33',
    name: 'commits within a session of another kind, whose hours nobody judged',
    answer: 'refused: session',
    play: async (scene) => {
      const { tables } = scene.alice;
      const session = await tables.beginSession('prune');
      const answer = await answerOf(
        scene.commit(scene.alice, session, headOf([scene.victim.pack])),
      );
      await tables.endSession(session);
      return answer;
    },
  },
  {
    rows: 'R3',
    name: 'asks a gateway for leaves that are no whole windows',
    answer: 'usage',
    play: async (scene) => {
      const { storeId: store, copyId: copy } = scene.victim;
      const authorization = `Kura ${ticketWord(await scene.ticketOf(scene.alice))}`;
      const ask = (first: number, count: number): Promise<string> => {
        const call = { params: { store, copy }, query: { first, count }, authorization, tries: 1 };
        return answerOf(scene.alice.gateway.call(GATEWAY_ENDPOINTS.relayLeaves, call));
      };
      const ranges: readonly (readonly [number, number])[] = [
        [1, 1],
        [0, 3],
        [SMALL_SHAPE.packLeaves[2], 2],
      ];
      return sameAnswer(ranges, ([first, count]) => ask(first, count));
    },
  },
  {
    rows: 'R28',
    name: 'sends other bytes under the id of a pack that stands',
    answer: 'already_exists',
    play: (scene) =>
      answerOf(scene.send(scene.alice, { id: scene.victim.pack, sealed: newPack().sealed })),
  },
  {
    rows: 'R30',
    name: 'orders removal without the owner key',
    answer: 'refused',
    play: async ({ alice, victim }) => {
      const issuedMs = systemClock.nowMs();
      const warrants = victim.record.copies.map(({ acknowledgement: { storeId, copyId } }) =>
        signWarrant<DestroyPackWarrant>(
          {
            ...{ kind: 'destroy-pack', storeId, copyIds: [copyId] },
            ...{ issuedMs, notBeforeMs: issuedMs + DAY_MS },
          },
          systemRandom.bytes(32),
        ),
      );
      return answerOf(alice.tables.orderRemoval([victim.pack], warrants));
    },
  },
  {
    rows: 'R1, R38',
    name: 'sends a pack of a size that there is not',
    answer: 'refused',
    play: (scene) =>
      answerOf(scene.send(scene.alice, { id: newPack().id, sealed: new Uint8Array(5000) })),
  },
  {
    rows: 'R18',
    name: 'commits a snapshot over a pack that nobody stored',
    answer: 'refused',
    play: async (scene) => {
      const session = await scene.alice.tables.beginSession('backup');
      return answerOf(scene.commit(scene.alice, session, headOf([newPack().id])));
    },
  },
  {
    rows: 'R18',
    name: 'promises a digest and sends other bytes',
    answer: 'corrupt',
    play: (scene) =>
      answerOf(scene.send(scene.alice, { ...newPack(), sha256: systemRandom.bytes(32) })),
  },
];

const MEMBERS = 'a service, by';
export const MEMBER_ATTACKS = [
  attackGroup(`${MEMBERS} certificates`, () => ServiceScene.open(), certificates),
  attackGroup(`${MEMBERS} one who has another role`, () => ServiceScene.open(), roles),
  attackGroup(`${MEMBERS} another member`, () => ServiceScene.open(), others),
  attackGroup(`${MEMBERS} a stolen device`, () => ServiceScene.open(), stolen),
];
