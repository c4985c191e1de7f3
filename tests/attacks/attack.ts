// An attack: somebody does what they must not, over real TLS, and is answered as the threat table says. Each names the
// rows that it is about ("R33"), and the one answer that is right: another answer, a reason that is not the
// real one, or an error without a code is as much a violation as one that gets through.
import { KuraError } from '@kura/base';

export interface Attack<Scene> {
  /** Of the threat table. */
  readonly rows: string;
  /** What the attacker does. */
  readonly name: string;
  /** As `answerOf` writes it: "refused: key". */
  readonly answer: string;
  /** Resolves to how it was answered. */
  readonly play: (scene: Scene) => Promise<string>;
}

/** What the attackers find. */
export interface AttackScene {
  /** Throws unless honest use works, and everything is as it was before. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export interface Played {
  readonly rows: string;
  readonly name: string;
  readonly wanted: string;
  readonly answer: string;
  readonly isRight: boolean;
}

export interface AttackGroup {
  /** Whom the attackers are before: "a reader". */
  readonly name: string;
  readonly size: number;
  /** Plays them one after the other, each told when it is over. Throws if honest use does not work. */
  play(onPlayed: (played: Played) => void): Promise<void>;
}

/** That nothing kept the attacker off. */
export const THROUGH = 'got through';

export function attackGroup<Scene extends AttackScene>(
  name: string,
  open: () => Promise<Scene>,
  attacks: readonly Attack<Scene>[],
): AttackGroup {
  return {
    name,
    size: attacks.length,
    play: async (onPlayed) => {
      const scene = await open();
      try {
        await scene.check();
        for (const attack of attacks) onPlayed(await playOne(attack, scene));
      } finally {
        await scene.close();
      }
    },
  };
}

async function playOne<Scene extends AttackScene>(
  { rows, name, answer: wanted, play }: Attack<Scene>,
  scene: Scene,
): Promise<Played> {
  let answer: string;
  try {
    answer = await play(scene);
    await scene.check();
  } catch (error) {
    answer = `failed: ${error instanceof Error ? error.message : String(error)}`;
  }
  return { rows, name, wanted, answer, isRight: answer === wanted };
}

/** Code and reason of the refusal: "refused: key"; `THROUGH` if there was none. Throws what has no code. */
export async function answerOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return THROUGH;
  } catch (error) {
    if (!(error instanceof KuraError)) throw error;
    const { reason } = error.context;
    return typeof reason === 'string' ? `${error.code}: ${reason}` : error.code;
  }
}

/** The one answer that all of them got; else what the first other one got. */
export async function sameAnswer<T>(
  all: Iterable<T>,
  ask: (one: T) => Promise<string>,
): Promise<string> {
  let first: string | undefined;
  for (const one of all) {
    const answer = await ask(one);
    first ??= answer;
    if (answer !== first) return `${first}, but ${answer} for ${String(one).slice(0, 60)}`;
  }
  return first ?? 'nobody asked';
}
