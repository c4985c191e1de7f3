// Who runs a session, and whether that process still lives. A number alone is not enough: numbers are
// used again, after a reboot from the start, and in every container anew.
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf } from '@kura/base';

export interface ProcessName {
  readonly host: string;
  /** Changes with every start of the machine; empty where the system does not tell. */
  readonly boot: string;
  /** Process numbers mean something within one space (container) only. */
  readonly pidSpace: string;
  readonly pid: number;
  /** When the process began, in the system's own count; empty where it does not tell. */
  readonly started: string;
}

/** unknown: another machine, or another container of this one; then only the lease decides. */
export type Liveness = 'alive' | 'dead' | 'unknown';

export interface Processes {
  readonly self: ProcessName;
  liveness(other: ProcessName): Liveness;
}

/** The processes of this machine. */
export function systemProcesses(): Processes {
  const self: ProcessName = {
    host: hostname(),
    boot: readOr('/proc/sys/kernel/random/boot_id', '').trim(),
    pidSpace: linkOr('/proc/self/ns/pid', ''),
    pid: process.pid,
    started: startOf('self'),
  };
  return { self, liveness: (other) => livenessOf(self, other) };
}

function livenessOf(self: ProcessName, other: ProcessName): Liveness {
  if (other.host !== self.host) return 'unknown';
  if (other.boot !== self.boot) return 'dead';
  if (other.pidSpace !== self.pidSpace) return 'unknown';
  if (other.pid === self.pid) return other.started === self.started ? 'alive' : 'dead';
  if (!answers(other.pid)) return 'dead';
  return startOf(String(other.pid)) === other.started ? 'alive' : 'dead';
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return errnoOf(error) === 'EPERM';
  }
}

/** Field 22 of /proc/N/stat; the name before it may hold spaces, so count from its closing bracket. */
function startOf(pid: string): string {
  const stat = readOr(`/proc/${pid}/stat`, '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

function linkOr(path: string, otherwise: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return otherwise;
  }
}
