// Whether each check holds, by what happened. A check about nothing at all is violated: it would prove nothing.
import { unreachable } from '@kura/base';
import type { Check } from './check.ts';
import type { History } from './history.ts';
import {
  judgeCopyAdded,
  judgeCopyKept,
  judgeMovesComplete,
  judgeNoCopyPlacedIn,
  judgeNoMoveFrom,
} from './judge-copies.ts';
import {
  judgeIndependence,
  judgeMagnitude,
  judgeNoActiveEvent,
  judgeProbability,
  judgeRiskAboveBase,
  judgeRiskNotLower,
} from './judge-risk.ts';
import type { Judgement } from './judgement.ts';

export interface Verdict {
  readonly check: string;
  readonly violated: boolean;
  readonly why: string;
}

export function judgeAll(checks: readonly Check[], history: History): Verdict[] {
  return checks.map((check) => {
    const { holds: isGood, why } = judge(check, history);
    return { check: check.id, violated: !isGood, why };
  });
}

function judge(check: Check, history: History): Judgement {
  switch (check.kind) {
    case 'copy_added':
      return judgeCopyAdded(check, history);
    case 'copy_kept':
      return judgeCopyKept(check, history);
    case 'no_copy_placed_in':
      return judgeNoCopyPlacedIn(check, history);
    case 'no_move_from':
      return judgeNoMoveFrom(check, history);
    case 'moves_complete':
      return judgeMovesComplete(check, history);
    case 'risk_not_lower':
      return judgeRiskNotLower(check, history);
    case 'risk_above_base':
      return judgeRiskAboveBase(check, history);
    case 'probability_between':
      return judgeProbability(check, history);
    case 'event_magnitude_at_least':
      return judgeMagnitude(check, history);
    case 'never_counts_as_independent':
      return judgeIndependence(check, history);
    case 'no_active_event_after':
      return judgeNoActiveEvent(check, history);
    default:
      return unreachable(check);
  }
}
