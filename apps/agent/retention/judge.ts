// What a rule means for all snapshots of a member: grouped, each group by the guarded policy. The whole of the decision
// that `kura forget` shows and carries out; pure.
import { applyGuarded, type Guard, type Guarded, refuseFutureLog } from './guarded-policy.ts';
import {
  applyPolicy,
  type Groupable,
  type GroupKey,
  groupSnapshots,
  type RetentionPolicy,
  type Verdict,
} from './policy.ts';

export interface RetentionRule {
  readonly policy: RetentionPolicy;
  readonly groupBy: readonly GroupKey[];
  /**
   * log: as docs/design/removal.md · device: the records' times as they stand, for an owner who knows that nobody
   * else had a device; then nothing is young, and nothing in doubt.
   */
  readonly times: 'log' | 'device';
}

export interface Judging extends Guard {
  /** Of the machine that asks: only to see that the log is not ahead of it. */
  readonly nowMs: number;
}

/** Each group with its verdicts, the newest first. Throws `refused` if a clock is seen to be wrong. */
export function judgeRetention<T extends Guarded & Groupable>(
  snapshots: readonly T[],
  { policy, groupBy, times }: RetentionRule,
  judging: Judging,
): readonly (readonly Verdict<T>[])[] {
  const groups = groupSnapshots(snapshots, groupBy);
  if (times === 'device') {
    return groups.map((group) => applyPolicy(group, policy, judging.calendar));
  }
  refuseFutureLog(snapshots, judging.nowMs);
  return groups.map((group) => applyGuarded(group, policy, judging));
}
