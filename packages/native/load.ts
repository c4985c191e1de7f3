// Which implementation this thread uses. The choice is made once per thread, because what node:ffi
// hands out (contexts, the address of errno) belongs to the thread that asked for it.
import { openFfiNative } from './ffi/index.ts';
import { allocatePages } from './memory.ts';
import { createTwinBulk } from './twin/bulk.ts';
import { createTwinPosix } from './twin/posix.ts';
import type { Native } from './types.ts';

const loaded = new Map<Native['kind'], Native>();
let preferred: Native | undefined;

function open(kind: Native['kind']): Native {
  const known = loaded.get(kind);
  if (known !== undefined) return known;
  const native: Native =
    kind === 'ffi'
      ? openFfiNative()
      : {
          kind: 'twin',
          bulk: createTwinBulk(),
          posix: createTwinPosix(),
          allocateLargePages: allocatePages,
        };
  loaded.set(kind, native);
  return native;
}

/** The implementation asked for; without a choice `ffi` where it works, else `twin`. */
export function loadNative(choice?: Native['kind']): Native {
  if (choice !== undefined) return open(choice);
  preferred ??= openPreferred();
  return preferred;
}

function openPreferred(): Native {
  try {
    return open('ffi');
  } catch {
    return open('twin'); // slower, and it says what it cannot save
  }
}
