// The one table between error codes and HTTP. Domain code knows no status; nobody but the edge and the client
// knows this table.
import type { ErrorCode } from '@kura/base';

/** Exhaustive: a new error code does not compile until it has a status. */
const STATUS_OF: Readonly<Record<ErrorCode, number>> = {
  usage: 400,
  hostile: 400,
  wrong_passphrase: 401,
  refused: 403,
  not_found: 404,
  no_network: 404,
  already_exists: 409,
  rolled_back: 409,
  source_changed: 409,
  missing: 410,
  too_large: 413,
  corrupt: 422,
  busy: 423,
  interrupted: 440,
  data_lost: 500,
  io: 500,
  source_unreadable: 500,
  unsupported: 501,
  unreachable: 502,
  too_few_stores: 503,
  degraded: 503,
  no_space: 507,
};

/** Of `busy`, if the caller asked too often without showing a certificate. */
export const TOO_OFTEN_STATUS = 429;
/** Of `hostile`, if the path is right and the method is not. */
export const WRONG_METHOD_STATUS = 405;

export function statusOf(code: ErrorCode): number {
  return STATUS_OF[code];
}

/** What a status means if the body does not say: whatever stands between has no words of ours. */
export function codeOfStatus(status: number): ErrorCode {
  return status >= 500 ? 'unreachable' : 'corrupt';
}
