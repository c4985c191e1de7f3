// Builds the shim that lets one system call fail, and says how to start a command under it. Without a C
// compiler there is no shim: then `undefined`, and whoever asks has to say so.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('./shim.c', import.meta.url));
const COMPILERS = ['cc', 'gcc', 'clang'] as const;

/** The path of the built shim in `folder`. */
export function buildShim(folder: string): string | undefined {
  const out = join(folder, 'shim.so');
  const argv = ['-O1', '-shared', '-fPIC', '-o', out, SOURCE, '-ldl'];
  for (const compiler of COMPILERS) {
    const { error, status, stderr } = spawnSync(compiler, argv);
    if (error !== undefined) continue;
    if (status === 0) return out;
    process.stderr.write(`faults: ${compiler} cannot build the shim\n${stderr}\n`);
  }
  return undefined;
}

export interface FaultPlan {
  readonly shim: string;
  /** Calls on anything below it count. */
  readonly under: string;
  readonly logFile: string;
  /** 0: none fails, all are counted. */
  readonly failAt: number;
}

export function faultEnvironment({ shim, under, logFile, failAt }: FaultPlan) {
  return {
    LD_PRELOAD: shim,
    KURA_FAULT_UNDER: `${under}/`,
    KURA_FAULT_LOG: logFile,
    KURA_FAULT_AT: String(failAt),
  };
}

/** What was called, and which one was struck: "EIO pread64 /…", undefined if none. */
export function readLog(logFile: string): { calls: number; struck: string | undefined } {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n');
  return { calls: lines.length, struck: lines.find((line) => /^E[A-Z]+ /.test(line)) };
}
