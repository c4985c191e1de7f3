// `npm run load [-- --agents N] [--mib M]`: so many members save at once, each with files of its own, through one
// coordinator that does the work of a gateway. It ends with one line of figures, and with 1 if a command fails, if the
// slowest waits more than three times as long as the median, or if the gateway needs more than 400 MB.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { KuraError, pause, systemAlarmClock, systemRandom } from '@kura/base';
import { asOperator } from '@kura/kura/operator/connection.ts';
import { newInvitation } from '@kura/kura/operator/invite.ts';
import { nodeDisk } from '@kura/native';
import { type RunningNetwork, startNetwork } from '../network/start.ts';
import { wholeNumber } from '../proof/whole-number.ts';
import { LoadAgent, PACK_BYTES } from './agent.ts';

const MAX_TIMES_MEDIAN = 3;
const MAX_GATEWAY_BYTES = 400_000_000;
const MIB = 1024 * 1024;

const given = parseArgs({
  options: {
    agents: { type: 'string', default: '8' },
    mib: { type: 'string', default: '16' },
  },
}).values;
const number = wholeNumber('load');
const agents = number(given.agents, '--agents');
const mib = number(given.mib, '--mib');

/** The most memory that a process has ever had, in bytes. Linux only. */
function peakBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}

/** Strangers of one address are let in at a pace, and all of these have the same: whoever is refused waits as told. */
async function joinInTurn(invitation: string, account: string): Promise<LoadAgent> {
  for (;;) {
    try {
      return await LoadAgent.join(invitation, account);
    } catch (error) {
      const retryMs = error instanceof KuraError ? error.context.retryMs : undefined;
      if (typeof retryMs !== 'number') throw error;
      await pause(systemAlarmClock, retryMs);
    }
  }
}

async function joinAll(network: RunningNetwork): Promise<readonly LoadAgent[]> {
  const around = { disk: nodeDisk, clock: systemAlarmClock, random: systemRandom };
  return await asOperator(`${network.folder}/operator`, around, async (connection) => {
    const joined: LoadAgent[] = [];
    for (let number = 1; number <= agents; number++) {
      const invitee = { purpose: 'member', planId: 'standard' } as const;
      const { invitation } = await newInvitation(connection, invitee);
      joined.push(await joinInTurn(invitation, `member-${number}`));
    }
    return joined;
  });
}

const network = await startNetwork({
  stores: [
    { city: 'frankfurt', kind: 'card-readable' },
    { city: 'osaka', kind: 'strict' },
  ],
});
try {
  const startedMs = performance.now();
  const joined = await joinAll(network);
  const before = peakBytes(network.process('coordinator').pid);
  const packs = Math.ceil((mib * MIB) / PACK_BYTES);
  const ended = await Promise.allSettled(joined.map((agent) => agent.save(packs)));
  for (const agent of joined) agent.close();
  const violations: string[] = [];
  for (const one of ended) if (one.status === 'rejected') violations.push(String(one.reason));
  const seconds = ended
    .flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    .sort((a, b) => a - b);
  const median = seconds[Math.floor(seconds.length / 2)] ?? Number.NaN;
  const slowest = seconds.at(-1) ?? Number.NaN;
  if (!(slowest <= median * MAX_TIMES_MEDIAN)) violations.push('the slowest agent starved');
  const gateway = peakBytes(network.process('coordinator').pid);
  if (!(gateway <= MAX_GATEWAY_BYTES)) violations.push('the gateway needed too much memory');
  for (const violation of violations) process.stderr.write(`load: ${violation}\n`);
  process.stdout.write(
    `load: ${agents} agents at once with ${mib} MiB each, median ${median.toFixed(1)} s, slowest ` +
      `${slowest.toFixed(1)} s, ${((agents * mib) / slowest).toFixed(1)} MiB/s in all, gateway at most ` +
      `${(gateway / 1e6).toFixed(0)} MB (${(before / 1e6).toFixed(0)} before), ${violations.length} violations, ` +
      `${((performance.now() - startedMs) / 1000).toFixed(0)} s with joining\n`,
  );
  process.exitCode = violations.length > 0 ? 1 : 0;
} finally {
  await network.close();
}
