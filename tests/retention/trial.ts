// One case: a true history, an attack on it, and the rule. What restic's rules keep of the true snapshots alone, by the
// times at which they were really made, must be kept with everything that the attack has added and changed.
import { UTC } from '@kura/agent/retention/calendar.ts';
import { judgeRetention } from '@kura/agent/retention/judge.ts';
import { applyPolicy, groupSnapshots } from '@kura/agent/retention/policy.ts';
import { KuraError } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import { ATTACKS } from './attacks.ts';
import { drawHistory, type History, type Snapshot } from './history.ts';

/** What a rule keeps of these; throws if it is not applied. */
export type Keeping = (history: History) => ReadonlySet<string>;

export interface Outcome {
  readonly attack: string;
  /** True snapshots that the rule, alone with them, would have kept, and that the attack made it drop. */
  readonly lost: number;
  readonly trueSnapshots: number;
  readonly fakes: number;
  readonly dropped: number;
  readonly isRefused: boolean;
}

const GROUP_BY = ['host', 'paths'] as const;
const NAMES = Object.keys(ATTACKS);

/** True snapshots are told apart by who really made them, and when. */
export function nameOf({ deviceId, trueMs, isFake, leafIndex }: Snapshot): string {
  return isFake ? `fake ${leafIndex}` : `${deviceId} ${trueMs}`;
}

export const guarded: Keeping = ({ snapshots, policy, nowMs, delayMs }) => {
  const rule = { policy, groupBy: GROUP_BY, times: 'log' } as const;
  const groups = judgeRetention(snapshots, rule, { calendar: UTC, delayMs, nowMs });
  const kept = groups.flat().filter(({ keep }) => keep);
  return new Set(kept.map(({ snapshot }) => nameOf(snapshot)));
};

function expected({ snapshots, policy }: History): ReadonlySet<string> {
  const atTrueTime = snapshots.map((snapshot) => ({ ...snapshot, timeMs: snapshot.trueMs }));
  const verdicts = groupSnapshots(atTrueTime, GROUP_BY).flatMap((group) =>
    applyPolicy(group, policy, UTC),
  );
  return new Set(verdicts.filter(({ keep }) => keep).map(({ snapshot }) => nameOf(snapshot)));
}

export function playCase(seed: number, keeping: Keeping): Outcome {
  const random = new SeededRandom(seed);
  const history = drawHistory(random);
  const attack = NAMES[seed % NAMES.length] ?? 'future';
  const attacked = ATTACKS[attack]?.(history, random) ?? history;
  const wanted = expected(history);
  const counts = {
    attack,
    trueSnapshots: history.snapshots.length,
    fakes: attacked.snapshots.filter(({ isFake }) => isFake).length,
  };
  try {
    const kept = keeping(attacked);
    const lost = [...wanted].filter((name) => !kept.has(name)).length;
    const dropped = attacked.snapshots.length - kept.size;
    return { ...counts, lost, dropped, isRefused: false };
  } catch (error) {
    if (!(error instanceof KuraError) || error.context.reason !== 'clock') throw error;
    return { ...counts, lost: 0, dropped: 0, isRefused: true };
  }
}
