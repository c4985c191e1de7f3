// What the commands of moves ask, whoever has the answer: the tables of an embedded network in this process, or the
// coordinator of a network of others, as its operator or as its member.
import type { DecisionView, RegionsView } from '@kura/contract/wire/endpoints/moves.ts';

export interface RegionWish {
  readonly region: string;
  readonly rule: 'pinned' | 'forbidden' | 'free';
}

export interface MovesPort {
  pause(isPaused: boolean): Promise<void>;
  /** `move`: its id, or the beginning of it. */
  judge(move: string, verdict: 'approve' | 'veto'): Promise<void>;
  /** Of this member. Absent: as they are. */
  regions(wish?: RegionWish): Promise<RegionsView>;
  /** The newest first. */
  decisions(limit: number): Promise<readonly DecisionView[]>;
}
