// Goal: a store that lies is found out before its copy counts, is left out, and another store takes its place (A15).
import { copyId, KuraError, SMALL_SHAPE, storeId, systemRandom, toHex } from '@kura/base';
import {
  type AcknowledgedCopy,
  ed25519PublicKey,
  type StoreAcknowledgement,
  signAcknowledgement,
  signIdentityProof,
} from '@kura/contract';
import { type IncomingBody, readWhole } from '@kura/wire/body.ts';
import { type Attack, answerOf, attackGroup } from './attack.ts';
import { type Lie, RogueScene, type RogueStore } from './rogue-scene.ts';

/** Changes what the store answers when it has received a copy. */
function afterReceiving(
  change: (copy: AcknowledgedCopy, rogue: RogueStore) => AcknowledgedCopy,
): Lie {
  return (honest, rogue) => ({
    receiveCopy: async (call) => change(await honest.receiveCopy(call), rogue),
  });
}

/** Signs something else than the truth, with its own key unless told otherwise. */
function signing(change: Partial<StoreAcknowledgement>, seed?: Uint8Array): Lie {
  return afterReceiving(({ acknowledgement, leafHashes }, rogue) => ({
    acknowledgement: signAcknowledgement({ ...acknowledgement, ...change }, seed ?? rogue.seed),
    leafHashes,
  }));
}

function lying(name: string, lie: Lie, answer: string, rows = 'R18, R20'): Attack<RogueScene> {
  return {
    rows,
    name,
    answer: `left out: the store in frankfurt ${answer}`,
    play: (scene) => {
      scene.tell(lie);
      return scene.send();
    },
  };
}

function hiding(name: string, lie: Lie): Attack<RogueScene> {
  return {
    rows: 'R36',
    name,
    answer: 'not met',
    play: (scene) => {
      scene.tell(lie);
      return scene.meets();
    },
  };
}

/** Takes nothing, and says why. */
function refused(name: string, code: 'no_space' | 'refused' | 'io'): Attack<RogueScene> {
  // The words for a fault of its own machine stay in its log.
  const words =
    code === 'io' ? 'the service failed at this; its log says why' : 'the rogue says so';
  return {
    rows: 'R25',
    name,
    answer: `left out: ${words}`,
    play: (scene) => {
      scene.tell(() => ({
        receiveCopy: async () => {
          throw new KuraError(code, 'the rogue says so');
        },
      }));
      return scene.send();
    },
  };
}

/** A body that is there already. */
function bodyOf(bytes: Uint8Array): IncomingBody {
  let at = 0;
  return {
    sizeBytes: bytes.length,
    sha256: undefined,
    readInto: async (into) => {
      const piece = bytes.subarray(at, at + into.length);
      into.set(piece);
      at += piece.length;
      return piece.length;
    },
    drop: () => undefined,
  };
}

/** Keeps something else than it was sent, and answers truly for that. */
function keeping(change: (bytes: Uint8Array) => Uint8Array): Lie {
  return (honest) => ({
    receiveCopy: async (call) => {
      const bytes = await readWhole(call.body);
      return honest.receiveCopy({ ...call, body: bodyOf(change(bytes)) });
    },
  });
}

const saving: readonly Attack<RogueScene>[] = [
  lying(
    'keeps one other byte, and signs for what it kept',
    keeping((bytes) => {
      bytes[7] = (bytes[7] ?? 0) ^ 1;
      return bytes;
    }),
    'acknowledges other bytes than it was sent',
  ),
  lying(
    'keeps zeros, and signs for those',
    keeping((bytes) => new Uint8Array(bytes.length)),
    'acknowledges other bytes than it was sent',
  ),
  lying(
    'keeps the first leaves only, and signs for those',
    keeping((bytes) => bytes.subarray(0, SMALL_SHAPE.packLeaves[0] * SMALL_SHAPE.leafBytes)),
    'acknowledges another copy',
  ),
  lying(
    'signs a root that it cannot show',
    signing({ root: systemRandom.bytes(32) }),
    'signed a root it cannot show',
  ),
  lying(
    'shows a leaf table of other bytes',
    afterReceiving(({ acknowledgement, leafHashes }) => ({
      acknowledgement,
      leafHashes: systemRandom.bytes(leafHashes.length),
    })),
    'signed a root it cannot show',
  ),
  lying(
    'shows half a leaf table',
    afterReceiving(({ acknowledgement, leafHashes }) => ({
      acknowledgement,
      leafHashes: leafHashes.subarray(0, leafHashes.length / 2),
    })),
    'signed a root it cannot show',
  ),
  lying(
    'signs for more leaves than it was sent',
    signing({ leafCount: 64 }),
    'acknowledges another copy',
  ),
  lying(
    'signs for another copy',
    signing({ copyId: copyId(toHex(systemRandom.bytes(32))) }),
    'acknowledges another copy',
  ),
  lying(
    'signs as another store',
    signing({ storeId: storeId(toHex(systemRandom.bytes(16))) }),
    'acknowledges another copy',
  ),
  {
    rows: 'R20',
    name: 'signs with another key',
    answer: 'left out, for its signature',
    play: async (scene) => {
      scene.tell(signing({}, systemRandom.bytes(32)));
      const how = await scene.send();
      return /^left out: the acknowledgement of store \w+ is not its own$/.test(how)
        ? 'left out, for its signature'
        : how;
    },
  },
  {
    rows: 'R18, R20',
    name: 'answers with its true acknowledgement of an earlier copy',
    answer: 'left out: the store in frankfurt acknowledges another copy',
    play: async (scene) => {
      let earlier: AcknowledgedCopy | undefined;
      const replaying = afterReceiving((copy) => {
        const before = earlier ?? copy;
        earlier ??= copy;
        return before;
      });
      scene.tell(replaying);
      const first = await scene.send();
      return first === 'believed' ? scene.send() : first;
    },
  },
  refused('says that it is full', 'no_space'),
  refused('refuses', 'refused'),
  refused('says that its disk is broken', 'io'),
];

const meeting: readonly Attack<RogueScene>[] = [
  hiding('proves itself for another challenge', (honest, { store, seed }) => ({
    identify: async (call) => ({
      ...(await honest.identify(call)),
      proof: signIdentityProof({ ...store.identity, challenge: systemRandom.bytes(32) }, seed),
    }),
  })),
  hiding('proves itself with another key', (honest, { store }) => ({
    identify: async (call) => ({
      ...(await honest.identify(call)),
      proof: signIdentityProof(
        { ...store.identity, challenge: call.query.challenge },
        systemRandom.bytes(32),
      ),
    }),
  })),
  hiding('proves an earlier age of its inventory', (honest, { store, seed }) => ({
    identify: async (call) => ({
      ...(await honest.identify(call)),
      proof: signIdentityProof(
        { ...store.identity, challenge: call.query.challenge, inventoryEpoch: 7 },
        seed,
      ),
    }),
  })),
  hiding('says that it is another store', (_, { store, seed }) => ({
    identify: async ({ query: { challenge } }) => {
      const identity = { ...store.identity, storeId: storeId(toHex(systemRandom.bytes(16))) };
      return {
        identity,
        freeBytes: 1e12,
        proof: signIdentityProof({ ...identity, challenge }, seed),
      };
    },
  })),
  {
    rows: 'R36',
    name: 'has another key than the directory says, and proves that one',
    answer: 'left out: unreachable',
    play: (scene) => {
      scene.tell((_, { store }) => ({
        identify: async ({ query: { challenge } }) => {
          const seed = systemRandom.bytes(32);
          const identity = { ...store.identity, publicKey: ed25519PublicKey(seed) };
          return {
            identity,
            freeBytes: 1e12,
            proof: signIdentityProof({ ...identity, challenge }, seed),
          };
        },
      }));
      return scene.send();
    },
  },
];

/** What a reading gateway is given instead of the copy. */
function reading(name: string, lie: Lie, answer: string): Attack<RogueScene> {
  return {
    rows: 'R22',
    name,
    answer,
    play: async (scene) => {
      scene.tell(lie);
      return answerOf(scene.readBack());
    },
  };
}

/** Is not waited for without end. */
function silent(name: string, lie: Lie): Attack<RogueScene> {
  return {
    rows: 'R25',
    name,
    answer: 'unreachable',
    play: async (scene) => {
      scene.tell(lie);
      return answerOf(scene.readBackPatiently());
    },
  };
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

const readingBack: readonly Attack<RogueScene>[] = [
  reading(
    'gives more leaves than it was asked for',
    () => ({ fetchLeaves: async () => ({ bytes: new Uint8Array(1_000_000) }) }),
    'corrupt',
  ),
  reading(
    'gives no leaves',
    () => ({ fetchLeaves: async () => ({ bytes: new Uint8Array() }) }),
    'corrupt',
  ),
  reading(
    'gives as leaf table what is none',
    () => ({ fetchTable: async () => ({ bytes: systemRandom.bytes(100) }) }),
    'corrupt',
  ),
  reading(
    'gives a leaf table that does not lead to its root',
    (honest) => ({
      fetchTable: async (call) => {
        const answer = await honest.fetchTable(call);
        const bytes = 'bytes' in answer ? answer.bytes.slice() : new Uint8Array();
        bytes[40] = (bytes[40] ?? 0) ^ 1;
        return { bytes };
      },
    }),
    'corrupt',
  ),
  reading(
    'says that a copy is missing which it has',
    () => ({
      fetchTable: async () => {
        throw new KuraError('missing', 'the rogue says so');
      },
    }),
    'missing',
  ),
  silent('says nothing when it is asked for a leaf table', () => ({ fetchTable: never })),
  silent('gives the leaf table, and says nothing when it is asked for leaves', () => ({
    fetchLeaves: never,
  })),
];

export const ROGUE_ATTACKS = [
  attackGroup('a gateway that saves, by a store that lies', () => RogueScene.open(), saving),
  attackGroup('a gateway that meets its stores, by a store', () => RogueScene.open(), meeting),
  attackGroup('a gateway that reads, by a store that lies', () => RogueScene.open(), readingBack),
];
