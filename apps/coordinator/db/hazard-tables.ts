// What the network knows of dangers, as it must come back after a kill, as types: events, what feeds said last,
// stances and risk tables with their history, and what was predicted.
import type { StoreId } from '@kura/base';
import type { EventKind } from '../hazards/events/hazard-event.ts';
import type { PollOutcome } from '../hazards/feeds/feed.ts';
import type { Outcome } from '../hazards/risk/predictions.ts';
import type { Stance } from '../hazards/risk/table.ts';

export interface HazardEventsTable {
  readonly event_id: string;
  readonly changed_ms: number;
  /** A `SavedEvent` as JSON. */
  readonly body: string;
}

/** Messages that were replaced or withdrawn: none of them begins anything again. */
export interface HazardSupersededTable {
  /** In the order in which they became so. */
  readonly number: number;
  readonly message: string;
}

export interface HazardFeedsTable {
  readonly name: string;
  readonly outcome: PollOutcome;
  readonly asked_ms: number;
  /** Of the last good answer. */
  readonly good_ms: number | null;
  readonly next_ms: number;
  /** In a row. */
  readonly failures: number;
  /** Reports in the last answer. */
  readonly reports: number;
  /** What was left aside on purpose, by reason: a JSON object. */
  readonly ignored: string;
  /** How many items could not be read, and the first of them in a sentence. */
  readonly problems: number;
  readonly problem: string | null;
  /** The rest of a `SavedFeed` as JSON. */
  readonly memory: string;
}

/** Messages that an index named. None is fetched twice. */
export interface HazardMessagesTable {
  readonly feed: string;
  readonly url: string;
  readonly version: string;
  readonly attempts: number;
  /** A `Reading` as JSON; null once the index names it no more. */
  readonly reading: string | null;
}

/** What a store said last of its own power. */
export interface StorePowerTable {
  readonly store_id: StoreId;
  /** When it began to say so. */
  readonly since_ms: number;
  /** A JSON object as `readStoreHeartbeat` wants it. */
  readonly body: string;
}

export interface StoreStancesTable {
  readonly store_id: StoreId;
  readonly stance: Stance;
  /** Null: risk is not low; 0: as long as it is known. */
  readonly calm_since_ms: number | null;
}

/** A row of a level's risk table from `at_ms` until the next one of the same level and store. */
export interface RiskRowsTable {
  readonly level: number;
  readonly store_id: StoreId;
  readonly at_ms: number;
  /** gone: the level may not use the store any more, or it is no store of the network. */
  readonly stance: Stance | 'gone';
  readonly lost: number;
  readonly unreachable: number;
  readonly lost_per_year: number;
  readonly usable_bytes: number;
  /** JSON list of `NamedCause`, the worst first. */
  readonly causes: string;
}

export interface PredictionsTable {
  readonly store_id: StoreId;
  readonly outcome: Outcome;
  readonly kind: EventKind;
  readonly made_ms: number;
  readonly until_ms: number;
  readonly probability: number;
  /** Null until it is known. */
  readonly happened: 0 | 1 | null;
}

export interface HazardTables {
  hazard_events: HazardEventsTable;
  hazard_superseded: HazardSupersededTable;
  hazard_feeds: HazardFeedsTable;
  hazard_messages: HazardMessagesTable;
  store_power: StorePowerTable;
  store_stances: StoreStancesTable;
  risk_rows: RiskRowsTable;
  predictions: PredictionsTable;
}
