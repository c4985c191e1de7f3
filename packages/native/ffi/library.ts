// The way into node:ffi: functions of Node's own executable (OpenSSL, zstd) and of libc, bound by
// name. Not a general binding layer: callers state signatures and check every length themselves,
// because a wrong one writes outside of its buffer. Libraries are kept open for ever; a closed one
// would leave its functions pointing nowhere.
import { KuraError } from '@kura/base';

export type Ffi = typeof import('node:ffi');

const NULL_POINTER = 0n;
const opened: unknown[] = [];

/** Whatever owns the memory behind a call must be alive during it: pass views, not addresses. */
export { NULL_POINTER };

/** The module, without the warning that it is experimental (the runtime is pinned instead). */
function importFfi(): Ffi | undefined {
  const { emitWarning } = process;
  const quiet = (warning: unknown, type: unknown, ...rest: unknown[]): void => {
    if (type === 'ExperimentalWarning' && String(warning).startsWith('FFI ')) return;
    Reflect.apply(emitWarning, process, [warning, type, ...rest]);
  };
  process.emitWarning = quiet;
  try {
    return process.getBuiltinModule('node:ffi');
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Throws `unsupported` where this runtime has no node:ffi or forbids it. */
export function openFfi(): Ffi {
  const isKnown =
    process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64');
  const ffi = isKnown && 'getBuiltinModule' in process ? importFfi() : undefined;
  if (ffi === undefined) {
    throw new KuraError('unsupported', 'this runtime has no foreign function interface', {
      guidance: 'Use Node 26 on Linux, or the slower twin.',
    });
  }
  return ffi;
}

/** Keeps `library` referenced until the thread ends. */
export function keepOpen(library: unknown): void {
  opened.push(library);
}
