// Plays one seed: a network, a source, a schedule drawn by chance, and after every step the invariant. The
// same seed plays the same schedule, call for call.
import { KuraError } from '@kura/base';
import type { Figures } from './figures.ts';
import type { MachineOptions } from './machine.ts';
import { Violation } from './model.ts';
import { Simulation } from './simulation.ts';
import {
  away,
  burn,
  burnt,
  fill,
  hurtCaches,
  makeRoom,
  mount,
  powerCut,
  replaceStore,
  rot,
  unmount,
} from './steps/accidents.ts';
import { restoreAll, runCheckAndRepair, runTotalLoss } from './steps/look.ts';
import { runBackup, runForget, runPrune, runTogether } from './steps/save.ts';

export interface SeedResult {
  readonly seed: number;
  readonly figures: Figures;
  /** What was done, and what came of it. */
  readonly steps: readonly string[];
  /** Of every call in order: equal for equal runs. */
  readonly hash: string;
  /** What was broken, with its causes; undefined if nothing was. */
  readonly violation: string | undefined;
}

interface Step {
  readonly name: string;
  readonly weight: number;
  /** Default: always. A step that cannot do anything would prove nothing. */
  readonly isPossible?: (simulation: Simulation) => boolean;
  readonly run: (simulation: Simulation) => Promise<void> | void;
}

const STEPS: readonly Step[] = [
  { name: 'backup', weight: 10, run: (one) => runBackup(one, one.drawFault('backup')) },
  { name: 'forget', weight: 2, run: (one) => runForget(one, one.drawFault('forget')) },
  {
    name: 'forget and prune',
    weight: 3,
    run: async (one) => {
      await runForget(one, undefined);
      await runPrune(one, one.drawFault('prune'));
    },
  },
  { name: 'prune', weight: 4, run: (one) => runPrune(one, one.drawFault('prune')) },
  { name: 'together', weight: 3, run: runTogether },
  {
    name: 'check and repair',
    weight: 4,
    run: (one) =>
      runCheckAndRepair(one, { check: one.drawFault('check'), repair: one.drawFault('repair') }),
  },
  { name: 'total loss', weight: 1, run: (one) => runTotalLoss(one, one.drawFault('recover')) },
  { name: 'rot', weight: 2, run: rot },
  { name: 'caches', weight: 1, run: hurtCaches },
  { name: 'fire', weight: 1, run: burn },
  { name: 'unmount', weight: 2, isPossible: (one) => away(one) === undefined, run: unmount },
  { name: 'mount', weight: 5, isPossible: (one) => away(one) !== undefined, run: mount },
  { name: 'fill', weight: 2, isPossible: (one) => one.hasRoom, run: fill },
  { name: 'room', weight: 4, isPossible: (one) => !one.hasRoom, run: makeRoom },
  { name: 'replace', weight: 5, isPossible: (one) => burnt(one) !== undefined, run: replaceStore },
  { name: 'power', weight: 2, run: powerCut },
];

const LEAST_STEPS = 2;
const MORE_STEPS = 6;
const HOUR_MS = 3_600_000;

export async function playSeed(options: MachineOptions): Promise<SeedResult> {
  const simulation = new Simulation(options);
  const { machine, figures } = simulation;
  let violation: string | undefined;
  try {
    await play(simulation);
  } catch (error) {
    violation = describe(error);
    simulation.say(`violation: ${violation}`);
  } finally {
    machine.close({ isSound: violation === undefined });
  }
  const { log } = machine;
  return { seed: options.seed, figures, steps: log.lines, hash: log.hash, violation };
}

async function play(simulation: Simulation): Promise<void> {
  const { machine, figures } = simulation;
  const { random, clock, source } = machine;
  await machine.found();
  simulation.say(`founded: ${machine.stores.length} stores, ${machine.copies} copies`);
  await runBackup(simulation, undefined);
  for (let count = LEAST_STEPS + random.below(MORE_STEPS); count > 0; count--) {
    const step = drawStep(simulation);
    simulation.say(step.name);
    if (random.below(3) > 0) source.change();
    await step.run(simulation);
    figures.steps++;
    clock.advance(random.below(3) * HOUR_MS);
    // Reading everything costs as much as a step: half of the time it waits for what comes next.
    if (random.below(2) === 0) await restoreAll(simulation);
    else await simulation.noteSnapshots(undefined);
  }
  await end(simulation);
}

/** Whatever happened: with room and all disks back, everything works and comes to full strength. */
async function end(simulation: Simulation): Promise<void> {
  const { machine } = simulation;
  simulation.say('end');
  for (const { site } of [...machine.stores, { site: machine.home }]) {
    site.isMounted = true;
    site.medium.capacityBytes = Number.MAX_SAFE_INTEGER;
  }
  const ending = machine.random.below(3);
  if (ending === 0) {
    machine.source.change();
    await runBackup(simulation, undefined);
  }
  if (ending === 1) await runPrune(simulation, undefined);
  if (ending === 2) {
    await runCheckAndRepair(simulation, { check: undefined, repair: undefined });
  }
  await restoreAll(simulation);
}

function drawStep(simulation: Simulation): Step {
  const steps = STEPS.filter(({ isPossible }) => isPossible?.(simulation) ?? true);
  const total = steps.reduce((sum, step) => sum + step.weight, 0);
  let rest = simulation.machine.random.below(total);
  for (const step of steps) {
    if (rest < step.weight) return step;
    rest -= step.weight;
  }
  throw new Violation('the weights of the steps do not add up');
}

const MAX_CAUSES = 5;

function describe(error: unknown): string {
  const parts: string[] = [];
  let cause: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth++) {
    const code = cause instanceof KuraError ? ` (${cause.code})` : '';
    const isOurs = cause instanceof Violation || cause instanceof KuraError;
    parts.push(isOurs ? `${cause.message}${code}` : (cause.stack ?? cause.message));
    cause = cause.cause;
  }
  if (parts.length === 0) parts.push(String(error));
  return parts.join('\n    because ');
}
