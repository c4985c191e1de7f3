// Builds the shim that lets one system call fail, and says how to start a command under it. Without a C
// compiler there is no shim: then `undefined`, and whoever asks has to say so.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildLibrary } from '../real/c-library.ts';

const SOURCE = fileURLToPath(new URL('./shim.c', import.meta.url));

/** The path of the built shim in `folder`. */
export function buildShim(folder: string): string | undefined {
  return buildLibrary(SOURCE, folder);
}

export interface FaultPlan {
  readonly shim: string;
  /** Calls on anything below it count. */
  readonly under: string;
  readonly logFile: string;
  /** 0: none fails, all are counted. */
  readonly failAt: number;
  /** The process is killed there, instead of an error. */
  readonly kills?: boolean;
}

export function faultEnvironment(plan: FaultPlan): Readonly<Record<string, string>> {
  const { shim, under, logFile, failAt, kills = false } = plan;
  return {
    LD_PRELOAD: shim,
    KURA_FAULT_UNDER: `${under}/`,
    KURA_FAULT_LOG: logFile,
    KURA_FAULT_AT: String(failAt),
    ...(kills ? { KURA_FAULT_KILL: '1' } : {}),
  };
}

/** What was called, and which one was struck: "EIO pread64 /…", undefined if none. */
export function readLog(logFile: string): { calls: number; struck: string | undefined } {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n');
  return { calls: lines.length, struck: lines.find((line) => /^E[A-Z]+ /.test(line)) };
}
