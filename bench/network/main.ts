// `npm run bench:network [-- --mib N] [--rounds N] [--data DIR]`: a network of Kura's programs, two copies over
// TLS, against restic writing one copy through `rclone serve restic`, over TLS as well, all on this machine. In each
// round both save the same new data and give it back, in turn; only ratios within a round count. What comes back is
// compared with what was saved. Ends with one line of figures, and with 1 if a goal is missed.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeRandomFile } from '../data.ts';
import { median } from '../judge.ts';
import { type Measurement, measure, runPlain } from '../measure.ts';
import { unpackBeside } from '../peers.ts';
import { type Side, startKura, startRestic } from './sides.ts';

/** Restic's time over Kura's, at least. */
const GOALS = { backup: 1, restore: 1.5 } as const;
const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** Newer than the machine's own suite has. */
const SUITE = 'sid';

type Act = keyof typeof GOALS;
const ACTS = ['backup', 'restore'] as const satisfies readonly Act[];

const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '512' },
    rounds: { type: 'string', default: '3' },
    data: { type: 'string', default: join(tmpdir(), 'kura-bench') },
  },
});
const [mib, rounds] = [Number(values.mib), Number(values.rounds)];

interface Sample extends Measurement {
  /** CPU seconds of its servers, by name. */
  readonly serverSeconds: ReadonlyMap<string, number>;
}

async function run(side: Side, act: Act, paths: { source: string; work: string }): Promise<Sample> {
  const target = join(paths.work, `${side.name}.back`);
  const before = side.servers();
  const command = act === 'backup' ? side.backup(paths.source) : side.restore(target);
  const measured = await measure(command, paths.work);
  const serverSeconds = new Map(
    [...side.servers()].map(([name, seconds]) => [name, seconds - (before.get(name) ?? 0)]),
  );
  if (act === 'restore') {
    const back = join(target, paths.source);
    runPlain({ argv: ['diff', '-r', '-q', paths.source, back], env: {}, cwd: '/' });
    rmSync(target, { recursive: true });
  }
  return { ...measured, serverSeconds };
}

/** Processor time is told for each GiB of data, the start of the command included: a busy machine hardly changes it. */
function say(side: Side, act: Act, sample: Sample): void {
  const perGib = (seconds: number): string => ((seconds * GIB) / (mib * MIB)).toFixed(1);
  const servers = [...sample.serverSeconds]
    .filter(([, seconds]) => seconds >= 0.1)
    .map(([name, seconds]) => `${name} ${perGib(seconds)}`);
  process.stdout.write(
    `${act.padEnd(7)} ${side.name.padEnd(6)} ${sample.wallSeconds.toFixed(2)} s, ` +
      `CPU s/GiB: ${side.name} ${perGib(sample.cpuSeconds)}, ${servers.join(', ')}; ` +
      `${(sample.peakBytes / MIB).toFixed(0)} MiB\n`,
  );
}

async function compare(sides: readonly [Side, Side], work: string): Promise<Map<Act, number[]>> {
  const ratios = new Map<Act, number[]>(ACTS.map((act) => [act, []]));
  for (let round = 0; round <= rounds; round++) {
    const source = join(work, `source-${round}`);
    mkdirSync(source);
    writeRandomFile(join(source, 'random.bin'), mib * MIB, 1000 + round);
    for (const act of ACTS) {
      const times = new Map<string, number>();
      // Whoever goes first in one round goes last in the next one.
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        const sample = await run(side, act, { source, work });
        times.set(side.name, sample.wallSeconds);
        say(side, act, sample);
      }
      // The first round warms up.
      const ratio = (times.get('restic') ?? Number.NaN) / (times.get('kura') ?? Number.NaN);
      if (round > 0) ratios.get(act)?.push(ratio);
    }
    rmSync(source, { recursive: true });
  }
  return ratios;
}

mkdirSync(values.data, { recursive: true });
const peers = join(values.data, 'peers');
const programOf = (name: string): string =>
  join(unpackBeside(name, SUITE, join(peers, name)), 'usr', 'bin', name);
const programs = { restic: programOf('restic'), rclone: programOf('rclone') };
const work = mkdtempSync(join(values.data, 'network-'));
const sides: Side[] = [];
try {
  const restic = await startRestic(programs, work);
  sides.push(restic);
  const kura = await startKura();
  sides.push(kura);
  const ratios = await compare([restic, kura], work);
  const found = ACTS.map((act) => ({ act, ratio: median(ratios.get(act) ?? []) }));
  const missed = found.filter(({ act, ratio }) => !(ratio >= GOALS[act]));
  const figures = found.map(
    ({ act, ratio }) => `${act} × ${ratio.toFixed(2)} (goal ${GOALS[act]})`,
  );
  process.stdout.write(
    `bench:network: ${mib} MiB, ${rounds} rounds, two copies over TLS against restic's one: ` +
      `${figures.join(', ')}; ${missed.length} missed\n`,
  );
  process.exitCode = missed.length > 0 ? 1 : 0;
} finally {
  for (const side of sides) await side.close();
  rmSync(work, { recursive: true, force: true });
}
