// A replay as JSON lines (docs/operate/json.md): one per step of the manifest when it becomes known, one per moment at
// which something else happened, and at the end one per check.
import { isoTime } from '@kura/base';
import type { HazardEvent } from '@kura/coordinator/hazards/events/hazard-event.ts';
import type { MoveLife } from '@kura/coordinator/hazards/replay/history.ts';
import type { Verdict } from '@kura/coordinator/hazards/replay/judge.ts';
import type { HeardStep } from '@kura/coordinator/hazards/replay/step-feed.ts';
import type { Json } from '../output/output.ts';
import type { Moment } from './moment.ts';
import type { Naming } from './naming.ts';

const timeOrNull = (timeMs: number | undefined): string | null =>
  timeMs === undefined || !Number.isFinite(timeMs) ? null : isoTime(timeMs);

/** One record per step, or one of the moment itself if nothing was heard. */
export function recordsOf(moment: Moment, named: Naming): Json[] {
  const state = stateOf(moment, named);
  if (moment.heard.length === 0) return [{ message_type: 'moment', ...state }];
  return moment.heard.map((heard) => ({ message_type: 'step', ...stepOf(heard, named), ...state }));
}

export function verdictRecord({ check, violated, why }: Verdict, named: Naming): Json {
  return { check, violated, why: named(why) };
}

function stepOf({ step, reading }: HeardStep, named: Naming) {
  return {
    available_at: isoTime(step.atMs),
    source: step.source,
    file: step.file ?? null,
    said: reading.reports.map(({ kind, type, isAllClear, title }) => ({
      ...{ kind, type, all_clear: isAllClear, title: named(title) },
    })),
    ignored: { ...reading.ignored },
    problems: reading.problems.map(({ item, message }) => ({ item, message })),
  };
}

function stateOf({ atMs, look, power, stances, moves, unplaced }: Moment, named: Naming) {
  const isNew = ({ madeMs }: MoveLife): boolean => madeMs === atMs;
  return {
    time: isoTime(atMs),
    power: power.map(({ site, what }) => ({ site, what })),
    events: look.events.filter(isInForce).map((event) => eventOf(event, named)),
    risk: [...look.risks].map(([site, { lost, unreachable, base, causes }]) => ({
      ...{ site, lost, unreachable },
      ...{ base_lost: base.lost, base_unreachable: base.unreachable },
      causes: causes.map(({ eventId }) => named(eventId)),
    })),
    stances: stances.map(({ site, stance }) => ({ site, stance })),
    plan: moves.filter(isNew).map((move) => moveOf(move, named)),
    moves: moves.filter((move) => !isNew(move)).map((move) => moveOf(move, named)),
    unplaced: unplaced.map(({ packs, reason }) => ({ packs, reason: named(reason) })),
  };
}

const isInForce = ({ state }: HazardEvent): boolean => state === 'active' || state === 'stale';

function eventOf(event: HazardEvent, named: Naming) {
  const { id, kind, title, state, severity, certainty, sources, onsetMs, endMs } = event;
  return {
    ...{ event_id: named(id), kind, title: named(title), state, severity, certainty },
    sources: [...sources],
    onset: isoTime(onsetMs),
    ends: timeOrNull(endMs),
    magnitude: event.earthquake?.magnitude ?? null,
  };
}

function moveOf(move: MoveLife, named: Naming) {
  return {
    ...{ move_id: move.id, kind: move.kind, state: move.state },
    ...{ member: move.member, packs: move.packs },
    ...{ to: move.to ?? null, from: move.from ?? null, leave: move.leaves ?? null },
    made: isoTime(move.madeMs),
    started: timeOrNull(move.startedMs),
    ended: timeOrNull(move.endedMs),
    late: move.isLate,
    reason: named(move.reason),
    note: named(move.note),
  };
}
