// What can happen to a network, drawn by chance: each to one program, or to one member's command, while work is done.
// Whoever survives it, or is started again as systemd would, has to go on without anybody's help.
import { DAY_MS, must, SECOND_MS, systemAlarmClock } from '@kura/base';
import type { SeededRandom } from '@kura/testing';
import type { Line } from '@kura/testing/fault-proxy.ts';
import type { RunningNetwork } from '../network/start.ts';
import type { Running } from '../real/kura.ts';
import type { Clocks } from './clocks.ts';
import type { Disks } from './disks.ts';

/**
 * kill: `kill -9`, and started again · cut, silent, deaf: of the line before a program · full: its disk · clock: ten
 * years off · restart: the same, and the program is killed and started meanwhile.
 */
export type AccidentKind = 'kill' | 'cut' | 'silent' | 'deaf' | 'full' | 'clock' | 'restart';

export interface Accident {
  readonly kind: AccidentKind;
  /** Name of a program, or of a member's home. */
  readonly victim: string;
  /** `running`: the commands under way, by home. Resolves when it is over. */
  readonly strike: (running: ReadonlyMap<string, Running>) => Promise<void>;
}

export interface AccidentParts {
  readonly network: RunningNetwork;
  readonly random: SeededRandom;
  /** Homes of the members whose commands are struck as well. */
  readonly members: readonly string[];
  /** Absent: no clock can be set wrong here. */
  readonly clocks: Clocks | undefined;
  /** Absent: no disk can be filled here. */
  readonly disks: Disks | undefined;
  /** Drawn from these only. */
  readonly only: readonly AccidentKind[];
}

export const ACCIDENT_KINDS: readonly AccidentKind[] = [
  'kill',
  'cut',
  'silent',
  'deaf',
  'full',
  'clock',
  'restart',
];

/** Kills are quick, and reach the most states. */
const WEIGHTS: Readonly<Record<AccidentKind, number>> = {
  kill: 8,
  cut: 2,
  silent: 2,
  deaf: 1,
  full: 3,
  clock: 2,
  restart: 2,
};

const TEN_YEARS_MS = 3653 * DAY_MS;
const SHORT_MS = 6 * SECOND_MS;
/** Longer than every lease and every deadline of a peer. */
const LONG_MS = 75 * SECOND_MS;
/** One of so many lasts that long. */
const LONG_EVERY = 16;
const MAX_FREE_PAGES = 400;

export class Accidents {
  readonly #parts: AccidentParts;
  readonly #kinds: readonly AccidentKind[];

  constructor(parts: AccidentParts) {
    this.#parts = parts;
    const { clocks, disks, only } = parts;
    const isPossible = (kind: AccidentKind): boolean =>
      (kind !== 'full' || disks !== undefined) &&
      ((kind !== 'clock' && kind !== 'restart') || clocks !== undefined);
    this.#kinds = only.filter(isPossible);
  }

  draw(): Accident {
    const kind = this.#parts.random.pick(
      this.#kinds.flatMap((one) => Array.from({ length: WEIGHTS[one] }, () => one)),
    );
    switch (kind) {
      case 'kill':
        return this.#kill();
      case 'cut':
      case 'silent':
      case 'deaf':
        return this.#line(kind);
      case 'full':
        return this.#full();
      case 'clock':
      case 'restart':
        return this.#clock(kind);
    }
  }

  #kill(): Accident {
    const { network, random, members } = this.#parts;
    const victim = random.pick([...network.names, random.pick(members)]);
    return {
      ...{ kind: 'kill', victim },
      strike: async (running) => {
        const command = running.get(victim);
        if (command === undefined) await this.#restart(victim);
        else killGroup(command);
      },
    };
  }

  #line(kind: Line & AccidentKind): Accident {
    const { network, random } = this.#parts;
    const victim = random.pick([...network.lines.keys()]);
    const line = must(network.lines.get(victim), 'there is a line');
    const durationMs = this.#duration();
    return { kind, victim, strike: () => line.suffer(kind, durationMs) };
  }

  #full(): Accident {
    const { random, disks } = this.#parts;
    const all = must(disks, 'disks can be filled');
    const victim = random.pick(all.names);
    const [pages, durationMs] = [random.below(MAX_FREE_PAGES), this.#duration()];
    const strike = async (): Promise<void> => {
      all.fill(victim, pages);
      await wait(durationMs);
      all.free(victim);
    };
    return { kind: 'full', victim, strike };
  }

  #clock(kind: 'clock' | 'restart'): Accident {
    const { network, random, members } = this.#parts;
    const clocks = must(this.#parts.clocks, 'clocks can be wrong');
    // A reader's clock is its store's: they are on one machine.
    const programs = network.names.filter((name) => !name.startsWith('reader-'));
    const victim = random.pick(kind === 'clock' ? [...programs, random.pick(members)] : programs);
    const offMs = random.below(2) === 0 ? TEN_YEARS_MS : -TEN_YEARS_MS;
    const durationMs = this.#duration();
    const strike = async (): Promise<void> => {
      clocks.set(victim, offMs);
      if (kind === 'restart') {
        await network.kill(victim);
        // It may refuse to serve: its certificate is not valid then.
        await network.run(victim).catch(() => undefined);
      }
      await wait(durationMs);
      clocks.set(victim, 0);
    };
    return { kind, victim, strike };
  }

  async #restart(name: string): Promise<void> {
    const { network } = this.#parts;
    await network.kill(name);
    await network.run(name);
  }

  #duration(): number {
    const { random } = this.#parts;
    return random.below(LONG_EVERY) === 0 ? LONG_MS : random.below(SHORT_MS);
  }
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    systemAlarmClock.after(ms, resolve);
  });
}

function killGroup({ child }: Running): void {
  if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
}
