// Clears temporary names that nobody will finish. Several processes write to one shelf at the
// same time, so a name goes only if the process in it is no more. Copies are never touched here.
import type { Disk } from '@kura/base';
import { DAY_MS, MINUTE_MS, systemClock } from '@kura/base';
import { tryTo } from './durable-write.ts';

/** The processes of this machine, as far as a sweep has to know them. */
export interface Processes {
  readonly id: number;
  /** When this process started; a file older than that under its id is another's. */
  readonly startedMs: number;
  lives(id: number): boolean;
}

export const systemProcesses: Processes = {
  id: process.pid,
  startedMs: systemClock.nowMs() - process.uptime() * 1000,
  lives(id) {
    try {
      process.kill(id, 0);
      return true;
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'EPERM';
    }
  },
};

/** No write takes so long; a living process with that id is another one by now. */
const MAX_AGE_MS = DAY_MS;
/** Clocks of disks and processes differ a little. */
const CLOCK_SLACK_MS = MINUTE_MS;

export interface Sweep {
  readonly disk: Disk;
  readonly incoming: string;
  readonly processes: Processes;
  readonly nowMs: number;
}

/** Removes what is stale and returns how many; what resists stays for the next time. */
export function sweepIncoming({ disk, incoming, processes, nowMs }: Sweep): number {
  let names: string[] = [];
  tryTo(() => {
    names = disk.list(incoming).map((entry) => entry.name);
  });
  let removed = 0;
  for (const name of names) {
    const owner = /^(\d{1,10})-[0-9a-f]+$/.exec(name)?.[1];
    if (owner === undefined) continue;
    const path = `${incoming}/${name}`;
    const modifiedMs = modifiedAt(disk, path);
    if (modifiedMs === undefined) continue;
    const processId = Number(owner);
    const isBeforeUs = modifiedMs < processes.startedMs - CLOCK_SLACK_MS;
    const isStale =
      (processId === processes.id ? isBeforeUs : !processes.lives(processId)) ||
      nowMs - modifiedMs > MAX_AGE_MS;
    if (isStale && tryTo(() => disk.unlink(path))) removed++;
  }
  return removed;
}

function modifiedAt(disk: Disk, path: string): number | undefined {
  try {
    return disk.stat(path)?.modifiedMs;
  } catch {
    return undefined; // it cannot be judged, so it stays
  }
}
