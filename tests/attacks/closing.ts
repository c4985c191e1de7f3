// Goal: an operator alone never makes a store delete (D13). Here the coordinator's key is in wrong hands, with a
// gateway's certificate: what is missing is the owner's consent, or the days of the notice by the store's own clocks.
import { type AlarmClock, type CopyId, systemAlarmClock as clock, DAY_MS } from '@kura/base';
import { ed25519PublicKey, encodeWarrant, signClosingWithdrawal } from '@kura/contract';
import { STORE_ENDPOINTS } from '@kura/contract/wire/endpoints/store.ts';
import type { Person } from '@kura/testing';
import { knowNotice } from '../network/known-notice.ts';
import { type Attack, answerOf, attackGroup } from './attack.ts';
import { StoreScene } from './store-scene.ts';

const TRIES = 1;

class SetClock implements AlarmClock {
  aheadMs = 0;
  readonly after = clock.after;
  readonly elapsedMs = clock.elapsedMs;
  readonly nowMs = (): number => clock.nowMs() + this.aheadMs;
}

class ClosingScene extends StoreScene {
  readonly storeClock: SetClock;

  constructor(storeClock = new SetClock()) {
    super(storeClock);
    this.storeClock = storeClock;
  }

  /** Alice's, by the coordinator's key, under her consent, but for `change`. */
  notice(change: Parameters<typeof this.around.notice>[1] = {}): Uint8Array {
    const by = this.place.coordinatorSeed;
    const { storeId } = this.place.identity;
    return this.around.notice(storeId, { givenMs: clock.nowMs(), by, ...change });
  }

  tell(notice: Uint8Array): Promise<string> {
    const call = { body: { notice }, tries: TRIES };
    return answerOf(this.gateway.call(STORE_ENDPOINTS.hearNotice, call));
  }

  order(notice: Uint8Array, copyIds: readonly CopyId[] = [this.alices.copy]): Promise<string> {
    const { storeId } = this.place.identity;
    const by = this.place.coordinatorSeed;
    const issuedMs = clock.nowMs();
    const warrant = this.around.close(storeId, { notice, copyIds, issuedMs, by });
    const call = { body: { bytes: encodeWarrant(warrant) }, tries: TRIES };
    return answerOf(this.gateway.call(STORE_ENDPOINTS.removeCopies, call));
  }

  /** Told honestly, so long ago. */
  async known(days: number): Promise<Uint8Array> {
    const notice = this.notice({ givenMs: clock.nowMs() - days * DAY_MS });
    await knowNotice({
      ...{ state: `${this.place.folder}/state`, storeId: this.place.identity.storeId, notice },
      coordinatorKey: ed25519PublicKey(this.place.coordinatorSeed),
      ownerKey: ed25519PublicKey(this.around.alice.seed),
      ...{ heldMs: days * DAY_MS, nowMs: this.storeClock.nowMs() },
    });
    return notice;
  }

  async withdraw({ member: pseudonym, seed }: Person): Promise<string> {
    const withdrawal = signClosingWithdrawal({ memberId: pseudonym, timeMs: clock.nowMs() }, seed);
    const call = { params: { pseudonym }, body: { withdrawal }, tries: TRIES };
    return answerOf(this.gateway.call(STORE_ENDPOINTS.takeWithdrawal, call));
  }
}

/** Tells the store, then has it remove what the notice is about. */
async function tellAndClose(scene: ClosingScene, notice: Uint8Array): Promise<string> {
  const told = await scene.tell(notice);
  const closed = await scene.order(notice);
  return told === closed ? told : `${told}, then ${closed}`;
}

const notices: readonly Attack<ClosingScene>[] = [
  {
    rows: 'R30',
    name: 'gives notice under a consent that it signed itself',
    answer: 'refused: signature',
    play: (scene) => {
      const consent = scene.around.consent({ by: scene.place.coordinatorSeed });
      return tellAndClose(scene, scene.notice({ consent }));
    },
  },
  {
    rows: 'R30',
    name: "gives one member notice under another member's consent",
    answer: 'refused: signature',
    play: (scene) => {
      const consent = scene.around.consent({ by: scene.around.bob.seed });
      return tellAndClose(scene, scene.notice({ consent }));
    },
  },
  {
    rows: 'R30',
    name: 'gives a shorter notice than the owner has consented to',
    answer: 'refused: early',
    play: (scene) => tellAndClose(scene, scene.notice({ days: 1 })),
  },
  {
    rows: 'R30',
    name: 'shows a consent to a notice of a day, with the signature of its owner',
    answer: 'refused: long',
    play: (scene) => {
      const consent = scene.around.consent({ days: 1 });
      return tellAndClose(scene, scene.notice({ consent, days: 1 }));
    },
  },
  {
    rows: 'R30',
    name: 'orders removal under a notice that it never gave',
    answer: 'refused: early',
    play: (scene) => scene.order(scene.notice()),
  },
  {
    rows: 'R30',
    name: 'gives notice now that says it was given a year ago',
    answer: 'got through, then refused: early',
    play: (scene) => tellAndClose(scene, scene.notice({ givenMs: clock.nowMs() - 365 * DAY_MS })),
  },
  {
    rows: 'R30',
    name: 'gives a notice of now the number of days that another one has been known for',
    answer: 'refused: early',
    play: async (scene) => {
      await scene.known(31);
      return scene.order(scene.notice({ givenMs: clock.nowMs() - 31 * DAY_MS - 1 }));
    },
  },
  {
    rows: 'R30',
    name: "has the store's clock jump by the days that are missing",
    answer: 'refused: early',
    play: async (scene) => {
      const notice = await scene.known(2);
      await scene.tell(notice);
      scene.storeClock.aheadMs = 29 * DAY_MS;
      try {
        return await scene.order(notice);
      } finally {
        scene.storeClock.aheadMs = 0;
      }
    },
  },
];

const closings: readonly Attack<ClosingScene>[] = [
  {
    rows: 'R28, R30',
    name: "hides another member's copy among those of whom it has given notice",
    answer: 'refused: copy',
    play: async (scene) => scene.order(await scene.known(31), [scene.alices.copy, scene.bobs.copy]),
  },
  {
    rows: 'R30',
    name: 'adds a copy to a warrant that was signed for others',
    answer: 'refused',
    play: async (scene) => {
      const { storeId } = scene.place.identity;
      const by = scene.place.coordinatorSeed;
      const warrant = scene.around.close(storeId, { notice: await scene.known(31), by });
      const more = { ...warrant, copyIds: [scene.alices.copy] };
      const call = { body: { bytes: encodeWarrant(more) }, tries: TRIES };
      return answerOf(scene.gateway.call(STORE_ENDPOINTS.removeCopies, call));
    },
  },
  {
    rows: 'R30',
    name: 'takes a consent back in the name of its owner',
    answer: 'refused: signature',
    play: (scene) => {
      const { member } = scene.around.alice;
      return scene.withdraw({ member, seed: scene.place.coordinatorSeed });
    },
  },
  {
    rows: 'R30',
    name: 'replays a notice and a warrant that were in force before the owner took the consent back',
    answer: 'refused: revoked',
    play: async (scene) => {
      const notice = await scene.known(31);
      await scene.withdraw(scene.around.alice);
      return tellAndClose(scene, notice);
    },
  },
];

const open = () => StoreScene.start(new ClosingScene());

export const CLOSING_ATTACKS = [
  attackGroup('notices of closing, by a stolen coordinator', open, notices),
  attackGroup('closings, by a stolen coordinator', open, closings),
];
