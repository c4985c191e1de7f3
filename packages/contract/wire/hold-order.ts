// An operator's word that a store removes nothing, or may again (docs/design/removal.md, "On hold"): as the coordinator
// answers it to a heartbeat, as the store keeps it and tells it back.
import { flag, type Infer, record, text, timeMs, whole } from './shape.ts';

export const MAX_HOLD_WHY = 256;
/** A store says its number: one that lies must not leave its coordinator without a higher one. */
const MAX_HOLDS = 2 ** 31;

export const holdOrderShape = record({
  /** Grows by one with each hold and each release; the highest counts. */
  number: whole({ min: 1, max: MAX_HOLDS }),
  isHeld: flag,
  /** When it was ordered. */
  sinceMs: timeMs,
  /** In the operator's words; may be empty. */
  why: text({ maxLength: MAX_HOLD_WHY }),
});
export type HoldOrder = Infer<typeof holdOrderShape>;
