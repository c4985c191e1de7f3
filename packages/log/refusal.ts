// Why a receipt is refused, as one word for programs beside the sentence for people: whoever judges thousands of them
// counts by it, and a test says which one it expects.
import { type ErrorCode, KuraError } from '@kura/base';

/**
 * `malformed`: it is no receipt · `log`: of a log that the policy does not name · `signature`: the log has not
 * signed its checkpoint · `cosignature`: under the name of a witness stands what it did not sign · `inclusion`:
 * the log does not hold it · `quorum`: too few witnesses · `claim`: it says that it is witnessed, and it is not ·
 * `subject`: it proves something else than what was asked for.
 */
export type RefusalReason =
  | 'malformed'
  | 'log'
  | 'signature'
  | 'cosignature'
  | 'inclusion'
  | 'quorum'
  | 'claim'
  | 'subject';

export function refusedReceipt(reason: RefusalReason, why: string): KuraError {
  return new KuraError('refused', `the receipt is refused: ${why}`, { context: { reason } });
}

/** `work`; what it refuses gets this reason. */
export function refusingAs<T>(reason: RefusalReason, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof KuraError) || !REFUSALS.has(error.code)) throw error;
    const { message, cause } = error;
    throw new KuraError('refused', message, { cause, context: { ...error.context, reason } });
  }
}

const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['refused', 'corrupt']);

/** Of an error that `refusedReceipt` or `refusingAs` made. */
export function refusalReason(error: unknown): RefusalReason | undefined {
  if (!(error instanceof KuraError)) return undefined;
  return error.context.reason as RefusalReason | undefined;
}
