// What the commands of hazards ask, whoever has the answer: the tables of an embedded network in this process, or the
// coordinator of a network of others.
import type { MemberId } from '@kura/base';
import type {
  BrierView,
  FeedView,
  HazardView,
  MoveView,
  RiskTableView,
  WhatIfView,
} from '@kura/contract/wire/endpoints/hazards.ts';

export interface EventsAsked {
  readonly which: 'current' | 'all';
  readonly outlines: 'yes' | 'no';
  readonly limit: number;
}

export interface RiskAsked {
  readonly level?: number | undefined;
  readonly member?: MemberId | undefined;
  readonly atMs?: number | undefined;
}

export interface MovesAsked {
  readonly which: 'open' | 'all';
  readonly limit: number;
  readonly id?: string | undefined;
}

export interface HazardsPort {
  events(asked: EventsAsked): Promise<{
    /** Of all that there are. */
    readonly total: number;
    readonly events: readonly HazardView[];
  }>;
  event(id: string): Promise<{
    readonly event: HazardView;
    readonly names: readonly string[];
    readonly chain: readonly {
      readonly source: string;
      readonly identifier: string;
      readonly type: string;
      readonly sentMs: number;
      readonly receivedMs: number;
    }[];
  }>;
  tables(asked: RiskAsked): Promise<readonly RiskTableView[]>;
  feeds(): Promise<readonly FeedView[]>;
  predictions(): Promise<{ readonly open: number; readonly rows: readonly BrierView[] }>;
  moves(asked: MovesAsked): Promise<readonly MoveView[]>;
  /** `scenario`: the text of its file. */
  whatIf(scenario: string): Promise<WhatIfView>;
}
