// What happened in a replay: what the network believed at each look, and what became of every copy and move. The
// checks are judged by this alone, never by what was planned.
import type { HazardEvent } from '../events/hazard-event.ts';
import type { SiteRisk } from '../risk/table.ts';

/** The network at one moment, as it saw the world. */
export interface Look {
  readonly atMs: number;
  /** All that are remembered, ended ones too. */
  readonly events: readonly HazardEvent[];
  /** By site. */
  readonly risks: ReadonlyMap<string, SiteRisk>;
  /** By site, the probabilities of wind of 34, 50 and 64 knots. */
  readonly winds: ReadonlyMap<string, readonly [number, number, number]>;
  /** Of the pairs of sites that a check asks about, in the order of `History.pairs`. */
  readonly pairs: readonly PairLook[];
}

/** How two sites were counted. */
export interface PairLook {
  /** Losses of both by one shock, per year: 0 if nothing that is known strikes both. */
  readonly sharedPerYear: number;
  /** Packs that have enough copies only if the two count as two places, and for which nothing is under way. */
  readonly reliantPacks: number;
}

export interface PackLife {
  readonly key: string;
  readonly member: string;
  readonly level: number;
  /** Sites of its copies when the replay began. */
  readonly firstSites: readonly string[];
}

export interface CopyLife {
  readonly pack: string;
  readonly site: string;
  readonly isFirst: boolean;
  /** The manifest put it there. */
  readonly isGiven: boolean;
  /** When its bytes began to be written; of first copies, when the replay began. */
  readonly writtenFromMs: number;
  /** When it was acknowledged, verified and switched to. */
  readonly heldFromMs: number;
  /** When it left custody. */
  retiredMs: number | undefined;
  /** The store still has it whole at the end, or has removed it by warrant. */
  isSound: boolean;
}

export type MoveState = 'planned' | 'approval' | 'running' | 'done' | 'given up';

export interface MoveLife {
  readonly id: string;
  readonly kind: 'add' | 'retire';
  readonly member: string;
  readonly packs: number;
  readonly to: string | undefined;
  readonly from: string | undefined;
  /** The site whose danger, or whose surplus, it is for. */
  readonly leaves: string | undefined;
  readonly madeMs: number;
  startedMs: number | undefined;
  endedMs: number | undefined;
  state: MoveState;
  isLate: boolean;
  readonly reason: string;
  note: string;
}

/** A move that is neither done nor given up at that time. */
export function isOpenAt({ madeMs, endedMs }: MoveLife, timeMs: number): boolean {
  return madeMs <= timeMs && (endedMs ?? Number.POSITIVE_INFINITY) > timeMs;
}

export interface History {
  readonly startMs: number;
  readonly endMs: number;
  readonly powerAreas: ReadonlyMap<string, string>;
  readonly pairs: readonly (readonly [string, string])[];
  /** In the order of time. */
  readonly looks: readonly Look[];
  readonly packs: readonly PackLife[];
  readonly copies: readonly CopyLife[];
  /** Of writing a copy: also of those that came to nothing. */
  readonly writes: readonly Write[];
  readonly moves: readonly MoveLife[];
}

export interface Write {
  readonly pack: string;
  readonly site: string;
  readonly fromMs: number;
  /** Infinite while it goes on. */
  toMs: number;
}

/** What the network believed at that time: the last look at or before it. */
export function lookAt({ looks }: History, timeMs: number): Look | undefined {
  return looks.findLast(({ atMs }) => atMs <= timeMs);
}
