// Goal: several programs carry the moves of one network at once, each those of its stores; nothing is carried twice,
// and when one of them dies, at any moment, the others end what it had begun (A8, C9).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PackId, StoreId } from '@kura/base';
import { noDanger } from '@kura/coordinator/moves/danger.ts';
import { partOf } from '@kura/coordinator/moves/due.ts';
import { type Program, Stage } from './stage.ts';

/** What leaves Osaka goes to whichever of the other two has no copy; they are of different parts. */
const CITIES = ['osaka', 'frankfurt', 'stockholm'];
const PACKS = 8;

interface Carried {
  readonly by: string;
  readonly packId: PackId;
  readonly to: StoreId;
}

/** Never ends, as far as others can see. */
const forEver = (): Promise<never> => new Promise(() => undefined);

class Scene {
  readonly stage: Stage;
  readonly carried: Carried[] = [];
  readonly packs: PackId[] = [];

  private constructor(stage: Stage) {
    this.stage = stage;
  }

  /** A store is to be emptied. */
  static async open(): Promise<Scene> {
    const scene = new Scene(await Stage.open({ cities: CITIES }));
    const { stage } = scene;
    for (let pack = 0; pack < PACKS; pack++) {
      const stays = pack % 2 === 0 ? 'frankfurt' : 'stockholm';
      scene.packs.push((await stage.save(['osaka', stays])).packId);
    }
    await stage.network.setStoreState(stage.idOf('osaka'), 'draining');
    return scene;
  }

  /** A program whose transfers are counted; `hangs`: none of them ends. */
  program(name: string, { hangs = false } = {}): Program {
    const { carrier, ...others } = this.stage.program(name, {
      carry: async (request) => {
        const { packId } = request.pack;
        this.carried.push({ by: name, packId, to: request.to });
        return hangs ? await forEver() : await this.stage.replicate(request);
      },
    });
    return { carrier, ...others };
  }

  by(name: string): readonly Carried[] {
    return this.carried.filter((one) => one.by === name);
  }

  async assertEmptied(): Promise<void> {
    for (const packId of this.packs) {
      const held = await this.stage.heldAt(packId);
      assert.ok(held.includes('frankfurt') && held.includes('stockholm'), held.join());
    }
  }

  /** The first takes all, hears of the other, and leaves it its share. */
  async meet(first: Program, second: Program): Promise<void> {
    for (const { carrier } of [first, second, first, second]) await carrier.round();
  }

  /** Each does what it may, by turns, until nobody finds anything. */
  async rounds(programs: readonly Program[]): Promise<void> {
    for (let before = -1; before !== this.carried.length; ) {
      before = this.carried.length;
      for (const { carrier } of programs) {
        await carrier.round();
        await carrier.idle();
      }
    }
  }
}

async function onScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await Scene.open();
  try {
    await work(scene);
  } finally {
    scene.stage.close();
  }
}

describe('moves that several programs carry', () => {
  it('A8, C9: each carries to its own stores, and no copy is made twice', () =>
    onScene(async (scene) => {
      const [one, other] = [scene.program('one'), scene.program('other')];
      await scene.meet(one, other);
      await one.planner.consider(noDanger(scene.stage.clock.nowMs()));
      await scene.rounds([one, other]);
      await scene.assertEmptied();
      assert.ok(scene.by('one').length > 0 && scene.by('other').length > 0, 'both had some');
      const parts = (name: string) => new Set(scene.by(name).map(({ to }) => partOf(to)));
      assert.ok(parts('one').isDisjointFrom(parts('other')));
      const copies = new Set(scene.carried.map(({ packId, to }) => `${packId} ${to}`));
      assert.equal(copies.size, scene.carried.length);
    }));

  it('A8, C9: what one had begun when it died, the others end', () =>
    onScene(async (scene) => {
      const [dying, other] = [scene.program('dying', { hangs: true }), scene.program('other')];
      await scene.meet(dying, other);
      await other.planner.consider(noDanger(scene.stage.clock.nowMs()));
      await dying.carrier.round();
      await dying.carrier.settled();
      await scene.rounds([other]);
      const begun = scene.by('dying').length;
      assert.ok(begun > 0, 'it had begun');
      assert.ok(scene.by('other').length > 0, 'the other did its own meanwhile');
      await assert.rejects(scene.assertEmptied(), 'what the dead one has, nobody else does');
      await scene.stage.endLeases();
      await scene.rounds([other]);
      await scene.assertEmptied();
      assert.equal(scene.by('dying').length, begun);
    }));
});
