// `npm run detection:real [-- --mib N] [--day-seconds N]`: audits of programs that run, each a process of its own.
// What a round costs the coordinator in processor time, by the byte, and how long a loss of 1 % stays unseen when
// a day is made short. Ends with one line of figures, and with 1 if a goal is missed. Linux only: it reads /proc.
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { GIB, KIB, MIB, must, SECOND_MS } from '@kura/base';
import { LEAVES_PER_DAY } from '@kura/coordinator/audit/plan/days.ts';
import { ROUND_DAYS, ROUNDS_PER_FETCH } from '@kura/coordinator/audit/plan/rounds.ts';
import { SeededRandom } from '@kura/testing';
import { recordsOf } from '@kura/tests/network/records.ts';
import { type RunningNetwork, startNetwork } from '@kura/tests/network/start.ts';
import { describeEnd } from '@kura/tests/real/kura.ts';

const CITIES = ['osaka', 'frankfurt', 'stockholm'];
const STORED_GIB = 1024;
const MONTH_DAYS = 30;
/** Of a month, whatever the store has. */
const LEAVES_GIB = (MONTH_DAYS * LEAVES_PER_DAY * 64 * KIB) / GIB;
/** In so many rounds every pack is fetched once, and each copy answers a tag in all others. */
const CYCLES_PER_MONTH = MONTH_DAYS / (ROUND_DAYS * ROUNDS_PER_FETCH);
const GOAL_MINUTES = 60;
const LEAF_BYTES = 64 * KIB;
const LOST_SHARE = 0.01;
const TICKS_PER_SECOND = 100;
const SIZES = 2;
/** How long it is looked what the coordinator takes when nothing is asked of it. */
const IDLE_MS = 20 * SECOND_MS;
/** Minutes. */
const MAX_TRIES = 9;

const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '512' },
    'day-seconds': { type: 'string', default: '40' },
    /** cost or loss: only that. */
    only: { type: 'string' },
  },
});
const mib = Number(values.mib);
const dayS = Number(values['day-seconds']);
const random = new SeededRandom(7);

function say(text: string): void {
  process.stderr.write(`detection:real: ${text}\n`);
}

/** Processor time of the coordinator so far, all threads, in seconds. */
function cpuOf(network: RunningNetwork): number {
  const { pid } = network.process('coordinator');
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** A line of the coordinator's log, however long a busy machine takes for it. */
async function said(
  network: RunningNetwork,
  isWanted: (line: Readonly<Record<string, unknown>>) => boolean,
): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await network.process('coordinator').logged(isWanted);
      return;
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
  }
}

async function done(network: RunningNetwork, home: string, ...argv: string[]): Promise<string> {
  const ended = await network.member(home, ...argv);
  if (ended.code !== 0) throw new Error(describeEnd(ended));
  return ended.out;
}

async function save(network: RunningNetwork, name: string, sizeMib: number): Promise<void> {
  const source = `${network.folder}/${name}`;
  fs.mkdirSync(source);
  for (let at = 0; at < sizeMib; at += 16) {
    fs.writeFileSync(`${source}/${at}`, random.bytes(16 * MIB));
  }
  await done(network, 'grace', 'backup', source);
}

/** All stores together, in GiB: what lies there, and what went over lines by comparison so far. */
async function amounts(network: RunningNetwork): Promise<{ stored: number; compared: number }> {
  const records = recordsOf(await done(network, 'operator', 'audit', 'status', '--json'));
  const stores = records.filter((record) => record.message_type === 'store');
  const sum = (bytes: readonly number[]) => bytes.reduce((a, b) => a + b, 0) / GIB;
  return {
    stored: sum(stores.map((store) => Number(store.stored_bytes))),
    compared: sum(
      stores.map(
        ({ last_thirty_days: month }) => (month as { compare_bytes: number }).compare_bytes,
      ),
    ),
  };
}

async function runRounds(network: RunningNetwork, first: number, rounds: number): Promise<void> {
  for (let round = first; round < first + rounds; round++) {
    await done(network, 'operator', 'audit', 'run', '--round');
    await said(network, (line) => {
      return line.event === 'a round of audits has ended' && line.number === round;
    });
  }
}

interface Cost {
  readonly storedGib: number;
  readonly comparedGib: number;
  readonly cpuS: number;
}

/** Seconds of its processor in each second, for what it does anyway: a slow machine takes longer for a round. */
async function idleShare(network: RunningNetwork): Promise<number> {
  const before = { cpuS: cpuOf(network), atMs: performance.now() };
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  return ((cpuOf(network) - before.cpuS) * SECOND_MS) / (performance.now() - before.atMs);
}

/** Of one cycle, after what is new has had its first look. */
async function costOfCycle(network: RunningNetwork, cycle: number): Promise<Cost> {
  const first = cycle * (1 + ROUNDS_PER_FETCH);
  await runRounds(network, first, 1);
  const idle = await idleShare(network);
  const before = { ...(await amounts(network)), cpuS: cpuOf(network), atMs: performance.now() };
  await runRounds(network, first + 1, ROUNDS_PER_FETCH);
  const idleS = (idle * (performance.now() - before.atMs)) / SECOND_MS;
  const cpuS = cpuOf(network) - before.cpuS - idleS;
  const { stored: storedGib, compared } = await amounts(network);
  const comparedGib = compared - before.compared;
  const sizes = `${storedGib.toFixed(3)} GiB at stores, ${comparedGib.toFixed(3)} GiB fetched`;
  say(
    `${ROUNDS_PER_FETCH} rounds: ${sizes}, ${cpuS.toFixed(2)} s of CPU, ${idleS.toFixed(2)} s idle`,
  );
  return { storedGib, comparedGib, cpuS };
}

/** Least squares: y for each x; what a cycle costs without a byte is left out. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (at: 0 | 1): number =>
    points.reduce((total, point) => total + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const above = points.reduce((total, point) => total + (point[0] - x) * (point[1] - y), 0);
  return above / points.reduce((total, point) => total + (point[0] - x) ** 2, 0);
}

/** Minutes of the coordinator's processor for a store of 1 TiB and a month. */
async function measureCost(): Promise<number> {
  const network = await startNetwork({
    stores: CITIES.map((city) => ({ city, kind: 'strict' as const })),
  });
  try {
    await network.join('grace');
    const costs: Cost[] = [];
    for (let cycle = 0; cycle < SIZES; cycle++) {
      await save(network, `source-${cycle}`, (mib * 2 ** cycle) / 4);
      costs.push(await costOfCycle(network, cycle));
    }
    const ofStored = slopeOf(costs.map(({ storedGib, cpuS }) => [storedGib, cpuS]));
    // With all that follows from what was fetched: a leaf takes no more than that.
    const ofLine = slopeOf(costs.map(({ comparedGib, cpuS }) => [comparedGib, cpuS]));
    const seconds = CYCLES_PER_MONTH * ofStored * STORED_GIB + ofLine * LEAVES_GIB;
    say(`${(CYCLES_PER_MONTH * ofStored).toFixed(2)} s of CPU a month for each GiB at a store`);
    return seconds / 60;
  } finally {
    await network.close();
  }
}

interface LeafOnDisk {
  readonly path: string;
  readonly leaf: number;
}

function leavesAt(network: RunningNetwork, city: string): readonly LeafOnDisk[] {
  const folder = `${network.folder}/store-${city}/shelf/copies`;
  const files = fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((path) => fs.statSync(path).isFile());
  // Parity and tables follow the leaves: 17 bytes for 16.
  return files.flatMap((path) => {
    const count = Math.floor((fs.statSync(path).size * 15) / 16 / LEAF_BYTES);
    return Array.from({ length: count }, (_, leaf) => ({ path, leaf }));
  });
}

/** Zeros over so many leaves; how many there were. */
function lose(leaves: readonly LeafOnDisk[]): number {
  const lost = Math.ceil(leaves.length * LOST_SHARE);
  for (let count = 0; count < lost; count++) {
    const { path, leaf } = must(leaves[random.below(leaves.length)], 'a leaf');
    const file = fs.openSync(path, 'r+');
    fs.writeSync(file, Buffer.alloc(LEAF_BYTES), 0, LEAF_BYTES, leaf * LEAF_BYTES);
    fs.closeSync(file);
  }
  return lost;
}

/** Share of a day until the loss was seen. */
async function measureDetection(): Promise<number> {
  const network = await startNetwork({
    stores: CITIES.map((city) => ({ city, kind: 'strict' as const })),
    gateway: { audit_day_s: dayS },
  });
  try {
    await network.join('grace');
    await save(network, 'source', mib / 4);
    const isFault = (line: Readonly<Record<string, unknown>>) => line.event === 'an audit failed';
    // A day is drawn when it begins: what was saved meanwhile is asked for from the next one on.
    await new Promise((resolve) => setTimeout(resolve, dayS * SECOND_MS));
    const startMs = performance.now();
    const shelves = CITIES.map((city) => leavesAt(network, city));
    const largest = must(shelves.sort((x, y) => y.length - x.length)[0], 'a store');
    say(`${lose(largest)} of ${largest.length} leaves of a store are lost`);
    await said(network, isFault);
    return (performance.now() - startMs) / SECOND_MS / dayS;
  } finally {
    await network.close();
  }
}

const figures: string[] = [];
let isGood = true;
if (values.only !== 'loss') {
  const minutes = await measureCost();
  isGood &&= minutes <= GOAL_MINUTES;
  figures.push(`a store of 1 TiB takes ${minutes.toFixed(0)} min of CPU a month`);
}
if (values.only !== 'cost') {
  const days = await measureDetection();
  isGood &&= days <= 1;
  figures.push(`a loss of 1 % seen after ${(24 * days).toFixed(1)} h of a day of ${dayS} s`);
}
process.stdout.write(`detection:real: ${figures.join(' · ')} · ${isGood ? 'ok' : 'missed'}\n`);
process.exitCode = isGood ? 0 : 1;
