// Hostile trees against the restore, into targets full of traps, while somebody swaps folders for links.
// Whatever the restore decides: nothing outside the target changes, errors are typed, nothing is left.
import type { RestoreOptions } from '@kura/agent/restore/ports.ts';
import { OVERWRITE_RULES } from '@kura/agent/restore/ports.ts';
import { restore } from '@kura/agent/restore/restore.ts';
import { type ByteString, KuraError, systemClock } from '@kura/base';
import { loadNative, type Posix } from '@kura/native';
import type { SeededRandom } from '@kura/testing';
import { Arena, NAMES } from './arena.ts';
import { type HostileTree, makeHostileTree } from './hostile-trees.ts';
import { type HostileCases, type HostileKind, type Outcome, Violation } from './kind.ts';

const { posix } = loadNative();
const ATTACKS = 0.3;
/** A restore of a few entries makes some hundred calls. */
const CALLS = 300;

/** Lets somebody act right before one of the calls. */
function interrupted(real: Posix, at: number, act: () => void): Posix {
  let count = 0;
  return new Proxy(real, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown => {
        count++;
        if (count === at) act();
        return value.apply(target, given);
      };
    },
  });
}

function optionsFor(random: SeededRandom): Omit<RestoreOptions, 'root' | 'target'> {
  const name = random.pick(NAMES);
  const matches = random.chance(0.2)
    ? { matches: (path: ByteString) => (path.endsWith('file') ? true : path !== name || 'prune') }
    : {};
  return {
    overwrite: random.pick(OVERWRITE_RULES),
    delete: random.chance(0.3),
    verify: random.chance(0.2),
    dryRun: random.chance(0.05),
    sparse: random.chance(0.2),
    owners: random.chance(0.5),
    ...matches,
  } as Omit<RestoreOptions, 'root' | 'target'>;
}

class RestoredTrees implements HostileCases {
  readonly #arena = new Arena();

  async run(random: SeededRandom): Promise<Outcome> {
    const arena = this.#arena;
    arena.lay(random);
    const hostile = makeHostileTree({ random, canary: arena.canary });
    const isAttacked = random.chance(ATTACKS);
    const attack = (): void => arena.attack(random);
    const outcome = await this.#restore(hostile, {
      random,
      posix: isAttacked ? interrupted(posix, 1 + random.below(CALLS), attack) : posix,
    });
    arena.check();
    if (!isAttacked) arena.checkTidy();
    return outcome;
  }

  async #restore(
    { tree, root }: HostileTree,
    given: { readonly random: SeededRandom; readonly posix: Posix },
  ): Promise<Outcome> {
    const { random } = given;
    const selection = random.chance(0.1) ? await tree.entries(root) : root;
    const options = { ...optionsFor(random), root: selection, target: this.#arena.target };
    const ports = { tree, content: tree, posix: given.posix, clock: systemClock, random };
    try {
      await restore(options, ports);
      return 'accepted';
    } catch (error) {
      if (error instanceof KuraError) return 'refused';
      throw new Violation('an error without a type', error);
    }
  }

  close(): void {
    this.#arena.close();
  }
}

export const restoredTrees: HostileKind = {
  name: 'restored trees',
  share: 9,
  open: () => new RestoredTrees(),
};
