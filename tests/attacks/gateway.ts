// Goal: a store obeys nobody, not even a gateway of its own network: what comes in is kept as it came, and goes only
// by a warrant that the store checks itself (B1). Here a gateway's certificate is in wrong hands.
import {
  type CopyId,
  DAY_MS,
  HOUR_MS,
  type MemberId,
  MIB,
  systemClock,
  systemRandom,
} from '@kura/base';
import { encodeWarrant, signAcknowledgement, signRevocations, type Warrant } from '@kura/contract';
import { STORE_ENDPOINTS } from '@kura/contract/wire/endpoints/store.ts';
import { packBytes } from '@kura/testing';
import { readWhole } from '@kura/wire/body.ts';
import { type Attack, answerOf, attackGroup, sameAnswer } from './attack.ts';
import { askRaw, breakOff, request } from './raw-caller.ts';
import { StoreScene } from './store-scene.ts';

const TRIES = 1;
const RAW = 'Content-Type: application/octet-stream';

function put(
  scene: StoreScene,
  change: { readonly copy?: CopyId; readonly member?: MemberId; readonly bytes?: Uint8Array },
): Promise<string> {
  const { around, shape, gateway } = scene;
  const { copy = around.newCopyId(), member = around.alice.member } = change;
  const { bytes = systemRandom.bytes(packBytes(shape, 0)) } = change;
  const call = { params: { copy }, query: { member }, body: { bytes }, tries: TRIES };
  return answerOf(gateway.call(STORE_ENDPOINTS.receiveCopy, call));
}

function admit(scene: StoreScene, pseudonym: MemberId, admission: Uint8Array): Promise<string> {
  const call = { params: { pseudonym }, body: { admission }, tries: TRIES };
  return answerOf(scene.gateway.call(STORE_ENDPOINTS.admitMember, call));
}

function order(scene: StoreScene, warrant: Warrant): Promise<string> {
  const call = { body: { bytes: encodeWarrant(warrant) }, tries: TRIES };
  return answerOf(scene.gateway.call(STORE_ENDPOINTS.removeCopies, call));
}

/** What an owner signs to have her copy destroyed now. */
function destroying(scene: StoreScene, change: Parameters<typeof scene.around.destroy>[1] = {}) {
  const nowMs = systemClock.nowMs();
  const { storeId } = scene.place.identity;
  const base = { copyIds: [scene.alices.copy], issuedMs: nowMs, notBeforeMs: nowMs };
  return scene.around.destroy(storeId, { ...base, ...change });
}

function retiring(scene: StoreScene, change: Partial<Parameters<typeof scene.around.retire>[1]>) {
  const base = { copyId: scene.alices.copy, issuedMs: systemClock.nowMs(), others: [] };
  const by = scene.place.coordinatorSeed;
  return scene.around.retire(scene.place.identity.storeId, { ...base, by, ...change });
}

const copies: readonly Attack<StoreScene>[] = [
  {
    rows: 'R28',
    name: 'overwrites a copy with other bytes',
    answer: 'already_exists',
    play: (scene) =>
      put(scene, {
        copy: scene.alices.copy,
        bytes: systemRandom.bytes(packBytes(scene.shape, 1)),
      }),
  },
  {
    rows: 'R28',
    name: 'stores for a member whom nobody admitted',
    answer: 'refused',
    play: (scene) => put(scene, { member: scene.around.stranger.member }),
  },
  {
    rows: 'R1',
    name: 'stores what has not the size of a pack',
    answer: 'refused',
    play: (scene) =>
      sameAnswer([1, 4096, packBytes(scene.shape, 0) + 4096], (sizeBytes) =>
        put(scene, { bytes: new Uint8Array(sizeBytes) }),
      ),
  },
  {
    rows: 'R38',
    name: 'announces more than the largest pack',
    answer: '413 too_large',
    play: (scene) => {
      const { member } = scene.around.alice;
      const path = `PUT /v1/copies/${scene.around.newCopyId()}?member=${member}`;
      const text = request(path, RAW, `Content-Length: ${16 * MIB + 1}`);
      return askRaw(scene.inwardAddress, text, scene.place.authority.gateway());
    },
  },
  {
    rows: 'R18',
    name: 'breaks off in the middle of a copy, and asks for it',
    answer: 'missing',
    play: async (scene) => {
      const copy = scene.around.newCopyId();
      const sizeBytes = packBytes(scene.shape, 1);
      const path = `PUT /v1/copies/${copy}?member=${scene.around.alice.member}`;
      const half = Buffer.concat([
        Buffer.from(request(path, RAW, `Content-Length: ${sizeBytes}`)),
        systemRandom.bytes(sizeBytes / 2),
      ]);
      const identity = scene.place.authority.gateway();
      await breakOff(scene.inwardAddress, half, identity);
      return answerOf(
        scene.gateway
          .call(STORE_ENDPOINTS.fetchTable, { params: { copy } })
          .then((body) => readWhole(body)),
      );
    },
  },
  {
    rows: 'R28',
    name: 'deletes, renames and moves copies by other verbs',
    answer: 'refused as hostile',
    play: async (scene) => {
      const { inwardAddress: address, place, alices } = scene;
      const paths = [
        `DELETE /v1/copies/${alices.copy}`,
        `POST /v1/copies/${alices.copy}`,
        `PATCH /v1/copies/${alices.copy}`,
        `PUT /v1/copies/${alices.copy}/table`,
        `POST /v1/copies/${alices.copy}/rename`,
        'GET /v1/copies',
        'GET /v1/members',
        `DELETE /v1/members/${scene.around.alice.member}`,
      ];
      const isHostile = (answer: string): boolean => /^40[05] hostile$/.test(answer);
      return sameAnswer(paths, async (path) => {
        const answer = await askRaw(address, request(path), place.authority.gateway());
        return isHostile(answer) ? 'refused as hostile' : answer;
      });
    },
  },
  {
    rows: 'R28',
    name: 'spells the name of a copy in other ways',
    answer: '400 hostile',
    play: (scene) => {
      const { copy } = scene.alices;
      const names = [copy.toUpperCase(), `${copy}00`, copy.slice(2), `.${copy}`, '..', `${copy}/.`];
      return sameAnswer(names, (name) =>
        askRaw(
          scene.inwardAddress,
          request(`GET /v1/copies/${name}/table`),
          scene.place.authority.gateway(),
        ),
      );
    },
  },
];

const admissions: readonly Attack<StoreScene>[] = [
  {
    rows: 'R10',
    name: 'admits a member of its own',
    answer: 'refused: signature',
    play: (scene) => {
      const { stranger } = scene.around;
      return admit(scene, stranger.member, scene.admission(stranger, systemRandom.bytes(32)));
    },
  },
  {
    rows: 'R10',
    name: "admits a member with the coordinator's word for another store",
    answer: 'refused: store',
    play: (scene) => {
      const { stranger } = scene.around;
      const elsewhere = scene.around.newStoreId();
      return admit(
        scene,
        stranger.member,
        scene.admission(stranger, scene.place.coordinatorSeed, elsewhere),
      );
    },
  },
  {
    rows: 'R10',
    name: "files one member's admission under another's name",
    answer: 'refused',
    play: (scene) => {
      const { stranger, bob } = scene.around;
      return admit(scene, stranger.member, scene.admission(bob));
    },
  },
  {
    rows: 'R10',
    name: "gives a member's copies to another owner key, with the coordinator's own signature",
    answer: 'refused',
    play: (scene) => {
      const { alice, stranger } = scene.around;
      const other = { member: alice.member, seed: stranger.seed };
      return admit(scene, alice.member, scene.admission(other));
    },
  },
];

const warrants: readonly Attack<StoreScene>[] = [
  {
    rows: 'R28, R30',
    name: 'orders removal with a signature of its own',
    answer: 'refused',
    play: (scene) => order(scene, destroying(scene, { by: systemRandom.bytes(32) })),
  },
  {
    rows: 'R28, R30',
    name: "orders removal of one member's copy with another member's signature",
    answer: 'refused',
    play: (scene) => order(scene, destroying(scene, { by: scene.around.bob.seed })),
  },
  {
    rows: 'R28, R30',
    name: "hides another member's copy among a member's own",
    answer: 'refused',
    play: (scene) =>
      order(
        scene,
        destroying(scene, {
          by: scene.around.bob.seed,
          copyIds: [scene.bobs.copy, scene.alices.copy],
        }),
      ),
  },
  {
    rows: 'R30',
    name: 'hands a warrant over before its delay has passed',
    answer: 'refused',
    play: (scene) =>
      order(scene, destroying(scene, { notBeforeMs: systemClock.nowMs() + HOUR_MS })),
  },
  {
    rows: 'R30',
    name: 'hands a warrant over that is for another store',
    answer: 'refused',
    play: (scene) => order(scene, { ...destroying(scene), storeId: scene.around.newStoreId() }),
  },
  {
    rows: 'R30',
    name: 'brings the time of a signed warrant forward',
    answer: 'refused',
    play: (scene) => {
      const later = destroying(scene, { notBeforeMs: systemClock.nowMs() + DAY_MS });
      return order(scene, { ...later, notBeforeMs: later.issuedMs });
    },
  },
  {
    rows: 'R30',
    name: 'retires a copy for which no other store vouches',
    answer: 'refused',
    play: (scene) => order(scene, retiring(scene, { minimumCopies: 1 })),
  },
  {
    rows: 'R30',
    name: 'retires a copy that needs no others',
    answer: 'refused',
    play: (scene) => order(scene, retiring(scene, { minimumCopies: 0 })),
  },
  {
    rows: 'R30',
    name: 'retires a copy with acknowledgements of stores that nobody knows',
    answer: 'refused',
    play: (scene) => {
      const acknowledge = () =>
        signAcknowledgement(
          {
            storeId: scene.around.newStoreId(),
            copyId: scene.around.newCopyId(),
            leafCount: 16,
            root: systemRandom.bytes(32),
            timeMs: systemClock.nowMs(),
          },
          systemRandom.bytes(32),
        );
      return order(scene, retiring(scene, { others: [acknowledge(), acknowledge()] }));
    },
  },
  {
    rows: 'R30',
    name: "retires a copy without the coordinator's signature",
    answer: 'refused',
    play: (scene) => order(scene, retiring(scene, { by: scene.around.alice.seed })),
  },
  {
    rows: 'R38',
    name: 'sends as a warrant what is none',
    answer: 'corrupt',
    play: (scene) => {
      const good = encodeWarrant(destroying(scene));
      const bodies = [
        systemRandom.bytes(300),
        good.subarray(0, -1),
        Buffer.concat([good, Buffer.alloc(1)]),
        Buffer.concat([good.subarray(0, 19), Buffer.alloc(200, 0xff)]),
      ];
      return sameAnswer(bodies, (bytes) =>
        answerOf(
          scene.gateway.call(STORE_ENDPOINTS.removeCopies, { body: { bytes }, tries: TRIES }),
        ),
      );
    },
  },
];

function revoke(scene: StoreScene, bytes: Uint8Array): Promise<string> {
  const call = { body: { bytes }, tries: TRIES };
  return answerOf(scene.gateway.call(STORE_ENDPOINTS.takeRevocations, call));
}

const NONE = { certificates: [], grants: [], pseudonyms: [] };

const revocations: readonly Attack<StoreScene>[] = [
  {
    rows: 'R41',
    name: 'brings a list of revocations of its own',
    answer: 'refused: signature',
    play: (scene) =>
      revoke(scene, signRevocations({ number: 9, madeMs: 1, ...NONE }, systemRandom.bytes(32))),
  },
  {
    rows: 'R41',
    name: 'brings an older list back',
    answer: 'refused: older',
    play: async (scene) => {
      const list = (number: number): Uint8Array =>
        signRevocations({ number, madeMs: 1, ...NONE }, scene.place.coordinatorSeed);
      await revoke(scene, list(5));
      return revoke(scene, list(4));
    },
  },
];

export const GATEWAY_ATTACKS = [
  attackGroup('copies, by a stolen gateway', () => StoreScene.open(), copies),
  attackGroup('admissions, by a stolen gateway', () => StoreScene.open(), admissions),
  attackGroup('warrants, by a stolen gateway', () => StoreScene.open(), warrants),
  attackGroup('revocations, by a stolen gateway', () => StoreScene.open(), revocations),
];
