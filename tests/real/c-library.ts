// A small library that stands between a program and libc (LD_PRELOAD), built with the C compiler at hand. Without one
// there is none: then `undefined`, and whoever asks has to say so.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const COMPILERS = ['cc', 'gcc', 'clang'] as const;

/** The path of the library in `folder`. Says on standard error why a compiler could not build it. */
export function buildLibrary(source: string, folder: string): string | undefined {
  const out = join(folder, 'shim.so');
  const argv = ['-O1', '-shared', '-fPIC', '-o', out, source, '-ldl'];
  for (const compiler of COMPILERS) {
    const { error, status, stderr } = spawnSync(compiler, argv);
    if (error !== undefined) continue;
    if (status === 0) return out;
    process.stderr.write(`${compiler} cannot build ${source}\n${stderr}\n`);
  }
  return undefined;
}
