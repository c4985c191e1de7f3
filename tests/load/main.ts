// `npm run load [-- --agents N] [--mib M]`: so many members save at once, each with files of its own, through one
// coordinator that does the work of a gateway. It ends with one line of figures, and with 1 if a command fails, if the
// slowest waits more than three times as long as the median, or if the gateway needs more than 400 MB.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { must, systemRandom } from '@kura/base';
import { type RunningNetwork, startNetwork } from '../network/start.ts';
import { describeEnd, type Ended } from '../real/kura.ts';

const MAX_TIMES_MEDIAN = 3;
const MAX_GATEWAY_BYTES = 400_000_000;
const MIB = 1024 * 1024;

function count(text: string, option: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  process.stderr.write(`load: --${option} takes a whole number, not "${text}"\n`);
  process.exit(2);
}

const given = parseArgs({
  options: {
    agents: { type: 'string', default: '8' },
    mib: { type: 'string', default: '16' },
  },
}).values;
const agents = count(given.agents, 'agents');
const mib = count(given.mib, 'mib');

/** The most memory that a process has ever had, in bytes. Linux only. */
function peakBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}

async function saveAll(network: RunningNetwork): Promise<readonly Ended[]> {
  const homes = Array.from({ length: agents }, (_, index) => `member-${index + 1}`);
  for (const home of homes) {
    await network.join(home);
    mkdirSync(`${network.folder}/${home}.source`);
    const bytes = systemRandom.bytes(mib * MIB);
    writeFileSync(`${network.folder}/${home}.source/file`, bytes);
  }
  return Promise.all(
    homes.map((home) => network.member(home, 'backup', `${network.folder}/${home}.source`)),
  );
}

const network = await startNetwork({
  stores: [
    { city: 'frankfurt', kind: 'card-readable' },
    { city: 'osaka', kind: 'strict' },
  ],
});
try {
  const startedMs = performance.now();
  const ended = await saveAll(network);
  const violations: string[] = [];
  for (const one of ended) if (one.code !== 0) violations.push(describeEnd(one));
  const seconds = ended.map(({ tookMs }) => tookMs / 1000).sort((a, b) => a - b);
  const median = must(seconds[Math.floor(seconds.length / 2)], 'there is an agent');
  const slowest = must(seconds.at(-1), 'there is an agent');
  if (slowest > median * MAX_TIMES_MEDIAN) violations.push('the slowest agent starved');
  const gateway = peakBytes(network.process('coordinator').pid);
  if (!(gateway <= MAX_GATEWAY_BYTES)) violations.push('the gateway needed too much memory');
  for (const violation of violations) process.stderr.write(`load: ${violation}\n`);
  process.stdout.write(
    `load: ${agents} agents at once with ${mib} MiB each, median ${median.toFixed(1)} s, slowest ` +
      `${slowest.toFixed(1)} s, ${((agents * mib) / slowest).toFixed(1)} MiB/s in all, gateway at most ` +
      `${(gateway / 1e6).toFixed(0)} MB, ${violations.length} violations, ` +
      `${((performance.now() - startedMs) / 1000).toFixed(0)} s with joining\n`,
  );
  process.exitCode = violations.length > 0 ? 1 : 0;
} finally {
  await network.close();
}
