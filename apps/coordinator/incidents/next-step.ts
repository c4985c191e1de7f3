// What is done next about an open incident, from what is known of it: pure, so that the proof of verdicts plays it
// too.
import { equalBytes } from '@kura/base';
import type { ExaminationFields } from '@kura/contract/audit/index.ts';
import { MAX_EXAMINATIONS } from '@kura/contract/evidence/index.ts';

/**
 * examine: the store reads all of the copy · reread: the leaves that were wrong are asked for again · judge:
 * enough.
 */
export type NextStep = 'examine' | 'reread' | 'judge';

/** Leaves of one reread; more of them say the same. */
export const MAX_REREAD_LEAVES = 8;

export interface KnownSoFar {
  /** That the store acknowledged. */
  readonly root: Uint8Array;
  /** In order of time; so is what was seen. */
  readonly examinations: readonly (ExaminationFields & { readonly askedMs: number })[];
  readonly seen: readonly { readonly timeMs: number }[];
  /** When leaves were last asked for again; 0: never. */
  readonly rereadMs: number;
}

/**
 * What an examination explains is judged at once. One that finds nothing, or bytes that fit another root, is held
 * against a further reading of the leaves, and repeated if that is wrong again.
 */
export function nextStep({ root, examinations, seen, rereadMs }: KnownSoFar): NextStep {
  const last = examinations.at(-1);
  if (last === undefined) return 'examine';
  const isOther = last.leafCount > 0 && !equalBytes(last.root, root);
  if (last.state !== 'intact' && !isOther && last.parity !== 'changed') return 'judge';
  if (rereadMs <= last.askedMs) return 'reread';
  const isWrongSince = seen.some((one) => one.timeMs > last.askedMs);
  const isDoubtful = isWrongSince || isOther || last.parity === 'changed';
  return isDoubtful && examinations.length < MAX_EXAMINATIONS ? 'examine' : 'judge';
}
