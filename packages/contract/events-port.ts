// What happened to a member's data after it was taken in: custody events with their proofs, in the order of the
// member's chain. An embedded network has them in its tables, a service answers them, a card keeps those that it
// was given.
import type { EventName } from '@kura/log';
import type { CustodyReceipt } from './coordinator-port.ts';

export interface LoggedCustodyEvent {
  /** Within the member's chain, from 1, without a gap. */
  readonly number: number;
  readonly event: EventName;
  /** A move, a store, a device …: for lists. */
  readonly about: string;
  readonly timeMs: number;
  /** Its body is the event (`parseEvent`). */
  readonly receipt: CustodyReceipt;
}

export interface EventsPort {
  /** From the number after `after` on; what has no leaf yet is left out, with all that follows it. */
  events(after: number, limit: number): Promise<readonly LoggedCustodyEvent[]>;
}

/** Of one page; each may be as large as an event may be. */
export const MAX_EVENTS = 100;
