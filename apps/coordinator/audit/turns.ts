// What is to be looked at whole in one pass: copies whose turn has come, by their packs. Kinds are of copies, so that
// one store that is away, bounded or new holds up no other.
import { MINUTE_MS } from '@kura/base';
import type { Pass } from './auditor-parts.ts';
import type { CopyToAudit } from './outcome.ts';
import type { TurnKind } from './plan/rounds.ts';

export const OFFLINE_WAIT_MS = 15 * MINUTE_MS;

export interface Turn {
  readonly copy: CopyToAudit;
  readonly kind: TurnKind;
  /** How often in a row it was excused before. */
  readonly excuses: number;
  /** It has a row among those that wait. */
  readonly hasWaited: boolean;
}

/** Of one pack. */
export type PackTurns = readonly Turn[];

export interface BatchAudit {
  readonly day: number;
  readonly round: number;
  /** When a bound allows more. */
  readonly nextDayMs: number;
  readonly pass: Pass;
}
