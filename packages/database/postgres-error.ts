// PostgreSQL's conditions as KuraErrors. A broken constraint passes through: it is a fault of the program.
import { type ErrorCode, errnoOf, KuraError } from '@kura/base';

interface Meaning {
  readonly code: ErrorCode;
  readonly what: string;
  readonly guidance: string;
}

const WAIT: Pick<Meaning, 'guidance'> = { guidance: 'Try again in a moment.' };
const LOOK: Pick<Meaning, 'guidance'> = { guidance: 'Look at the database server and its log.' };

/** By SQLSTATE, or its class of two characters. */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ['08', { code: 'unreachable', what: 'cannot be reached', ...LOOK }],
  [
    '28',
    { code: 'refused', what: 'do not let this program in', guidance: 'Look at database.url.' },
  ],
  ['3D000', { code: 'missing', what: 'are not there', guidance: 'Create the database first.' }],
  ['42501', { code: 'refused', what: 'do not let this program write', ...LOOK }],
  ['53100', { code: 'no_space', what: 'cannot grow', guidance: 'Free some space there.' }],
  ['53', { code: 'busy', what: 'have no room for another connection', ...WAIT }],
  ['57014', { code: 'busy', what: 'took too long to answer', ...WAIT }],
  ['57P', { code: 'unreachable', what: 'are being shut down or started', ...WAIT }],
  ['58', { code: 'io', what: 'cannot be read or written', ...LOOK }],
  ['XX', { code: 'corrupt', what: 'are damaged', ...LOOK }],
]);

const NETWORK = ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT'];
const SERIALIZATION_FAILURE = '40001';
const DEADLOCK = '40P01';

function stateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Another transaction got in the way: this one may be run again from its start. */
export function isConflict(error: unknown): boolean {
  const state = stateOf(error);
  return state === SERIALIZATION_FAILURE || state === DEADLOCK;
}

/** The KuraError for what PostgreSQL or the way to it said; anything else comes back as it is. */
export function asPostgresError(error: unknown, path: string): unknown {
  if (error instanceof KuraError || !(error instanceof Error)) return error;
  const meaning = meaningOf(error);
  if (meaning === undefined) return error;
  return new KuraError(meaning.code, `the tables at ${path} ${meaning.what}: ${error.message}`, {
    guidance: meaning.guidance,
    cause: error,
  });
}

function meaningOf(error: Error): Meaning | undefined {
  const unreachable = MEANINGS.get('08');
  if (NETWORK.includes(errnoOf(error) ?? '')) return unreachable;
  // Of the pool, which has no code for it.
  if (/timeout exceeded when trying to connect|Connection terminated/.test(error.message)) {
    return unreachable;
  }
  const state = stateOf(error) ?? '';
  return [state, state.slice(0, 3), state.slice(0, 2)]
    .map((part) => MEANINGS.get(part))
    .find((meaning) => meaning !== undefined);
}
