// Tells a restore that still runs from one that was killed, without locks that could go stale: a process
// is named by its number and the moment it began, so that a number used again is another process.
import { readFileSync } from 'node:fs';

export interface ProcessTable {
  /** The name of this process. */
  readonly self: string;
  isAlive(name: string): boolean;
}

/** Empty where the system does not tell: then the number alone decides. */
function beginningOf(pid: number): string {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in brackets and may hold anything; count from its end.
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot}/${fields[19] ?? ''}`;
  } catch {
    return '';
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

export const systemProcesses: ProcessTable = {
  get self() {
    return `${process.pid}/${beginningOf(process.pid)}`;
  },
  isAlive(name) {
    const pid = Number.parseInt(name, 10);
    if (!Number.isSafeInteger(pid) || pid <= 0 || !isRunning(pid)) return false;
    return name === `${pid}/${beginningOf(pid)}`;
  },
};
