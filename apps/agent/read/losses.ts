// What will not come back by itself, as against what cannot be read now: the first may be healed or is lost, the
// second waits for a store.
import { type ErrorCode, KuraError } from '@kura/base';

const LOST: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['missing', 'corrupt', 'data_lost']);

export function isLoss(error: unknown): error is KuraError {
  return error instanceof KuraError && LOST.has(error.code);
}
