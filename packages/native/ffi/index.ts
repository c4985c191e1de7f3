// The implementation of Native over node:ffi. Throws if a symbol is missing, so that the loader can
// take the twin instead.
import type { Native } from '../types.ts';
import { openCiphers } from './ciphers.ts';
import { openHashes } from './hashes.ts';
import { openLargePages } from './large-pages.ts';
import { openLibc } from './libc.ts';
import { openFfi } from './library.ts';

import { createFfiPosix } from './posix.ts';
import { openZstd } from './zstd.ts';

export function openFfiNative(): Native {
  const ffi = openFfi();
  const bulk = { ...openHashes(ffi), ...openCiphers(ffi), ...openZstd(ffi) };
  const posix = createFfiPosix(openLibc(ffi));
  return { kind: 'ffi', bulk, posix, allocateLargePages: openLargePages(ffi) };
}
