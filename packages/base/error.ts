// The one error of the project. Domain code throws it; only the edges (command, HTTP) translate its
// code into an exit code or a status. Missing, corrupt, refused and unreachable are never merged.

export const ERROR_CODES = [
  'usage', // the caller asked for something that makes no sense
  'no_network', // there is no Kura network in KURA_HOME
  'already_exists', // something that must be new is there already
  'not_found', // a snapshot, path or pack that nobody knows
  'wrong_passphrase',
  'busy', // another process holds what this one needs alone
  'refused', // contract, certificate, warrant or signature says no
  'no_space',
  'too_few_stores',
  'unreachable', // a store or file system does not answer
  'missing', // known, asked for, and not there
  'corrupt', // there, but not what was recorded
  'data_lost', // no intact copy is left
  'degraded', // restorable, below strength
  'rolled_back', // what is shown of the history is not what is known of it
  'source_unreadable', // a file to be saved could not be read
  'source_changed', // a file changed while it was read
  'unsupported', // this system cannot do what is asked
  'too_large', // a named limit is exceeded
  'hostile', // input that tries to escape its bounds
  'interrupted',
  'io', // the operating system refused, for a reason of its own
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ErrorDetails {
  /** What a person can do about it: one sentence. */
  readonly guidance?: string;
  /** Facts for logs and `--json`; never a secret. */
  readonly context?: Readonly<Record<string, string | number | boolean>>;
  readonly cause?: unknown;
}

const PERMANENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'usage',
  'already_exists',
  'not_found',
  'wrong_passphrase',
  'refused',
  'corrupt',
  'data_lost',
  'unsupported',
  'too_large',
  'hostile',
]);

export class KuraError extends Error {
  readonly code: ErrorCode;
  readonly guidance: string | undefined;
  readonly context: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'KuraError';
    this.code = code;
    this.guidance = details.guidance;
    this.context = details.context ?? {};
  }

  /** Trying the same call again cannot help. */
  get isPermanent(): boolean {
    return PERMANENT.has(this.code);
  }
}

const ERRNO_CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'no_space',
  EDQUOT: 'no_space',
  EFBIG: 'no_space',
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  EEXIST: 'already_exists',
  ECONNREFUSED: 'unreachable',
  ECONNRESET: 'unreachable',
  ETIMEDOUT: 'unreachable',
  ENOTSUP: 'unsupported',
  ENOSYS: 'unsupported',
};

/** The errno name of a Node system error ("ENOSPC"), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}

/** "EEXIST: file already exists, open '/x'" without what only a programmer wants to know. */
function plainReason(message: string): string {
  return /^E[A-Z0-9]+: (?<reason>.+?), [a-z]+(?: '|$)/s.exec(message)?.groups?.reason ?? message;
}

/** What the world did, in one shape; what is neither ours nor the system's is a defect, and thrown on. */
export function asFault(error: unknown, message: string): KuraError {
  if (error instanceof KuraError || errnoOf(error) !== undefined)
    return asKuraError(error, message);
  throw error;
}

/** Wraps whatever was thrown so that callers see one shape; a KuraError passes through. */
export function asKuraError(
  error: unknown,
  message: string,
  details: ErrorDetails = {},
): KuraError {
  if (error instanceof KuraError) return error;
  const errno = errnoOf(error);
  const code = errno === undefined ? 'io' : (ERRNO_CODES[errno] ?? 'io');
  const reason = error instanceof Error ? plainReason(error.message) : String(error);
  const guidance =
    details.guidance ??
    (code === 'no_space' ? 'Free some space there and run it again.' : undefined);
  return new KuraError(code, `${message}: ${reason}`, {
    cause: error,
    context: { ...details.context, ...(errno === undefined ? {} : { errno }) },
    ...(guidance === undefined ? {} : { guidance }),
  });
}
