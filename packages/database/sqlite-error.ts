// SQLite's result codes as KuraErrors: a busy, a full, a damaged and an unreadable file are four
// different things to a person. Constraint failures pass through: they are faults of the program.
import { type ErrorCode, KuraError } from '@kura/base';

const SQLITE_PERM = 3;
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

interface Meaning {
  readonly code: ErrorCode;
  readonly what: string;
  readonly guidance: string;
}

const RECOVER = 'Move the file away and run `kura recover` with the recovery words and the stores.';

const MEANINGS: ReadonlyMap<number, Meaning> = new Map([
  [SQLITE_BUSY, busy()],
  [SQLITE_LOCKED, busy()],
  [SQLITE_CORRUPT, { code: 'corrupt', what: 'are damaged', guidance: RECOVER }],
  [SQLITE_NOTADB, { code: 'corrupt', what: 'are damaged', guidance: RECOVER }],
  [
    SQLITE_FULL,
    { code: 'no_space', what: 'cannot grow', guidance: 'Free some space there and run it again.' },
  ],
  [SQLITE_READONLY, unwritable()],
  [SQLITE_PERM, unwritable()],
  [SQLITE_CANTOPEN, unwritable()],
  [
    SQLITE_IOERR,
    {
      code: 'io',
      what: 'cannot be read or written',
      guidance: 'Check the disk, then run it again.',
    },
  ],
]);

function busy(): Meaning {
  return {
    code: 'busy',
    what: 'are held by another process',
    guidance: 'Wait until it has finished and run it again.',
  };
}

function unwritable(): Meaning {
  return {
    code: 'io',
    what: 'cannot be opened for writing',
    guidance: 'Check who owns the file and its folder, and their permissions.',
  };
}

/** SQLite's primary result code, or undefined if SQLite did not throw this. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

export function isBusy(error: unknown): boolean {
  if (error instanceof KuraError) return error.code === 'busy';
  const code = resultCode(error);
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
}

/** The KuraError for what SQLite threw; anything else comes back as it is. */
export function asDatabaseError(error: unknown, path: string): unknown {
  const code = resultCode(error);
  const meaning = code === undefined ? undefined : MEANINGS.get(code);
  if (meaning === undefined || !(error instanceof Error)) return error;
  return new KuraError(meaning.code, `the tables in ${path} ${meaning.what}: ${error.message}`, {
    guidance: meaning.guidance,
    context: { path },
    cause: error,
  });
}

export function damaged(path: string, why: string): KuraError {
  return new KuraError('corrupt', `the tables in ${path} are damaged: ${why}`, {
    guidance: RECOVER,
    context: { path },
  });
}
