// From when to when a replay is played, and how often the network looks at itself without any news.
import { DAY_MS, HOUR_MS, must } from '@kura/base';
import type { Check } from '@kura/coordinator/hazards/replay/check.ts';
import type { Manifest } from '@kura/coordinator/hazards/replay/manifest.ts';

/** In the days after news risks fade slowly, and so the network looks at itself more rarely. */
const TICKS = [
  { untilMs: 2 * DAY_MS, everyMs: HOUR_MS },
  { untilMs: 30 * DAY_MS, everyMs: 6 * HOUR_MS },
  { untilMs: Number.POSITIVE_INFINITY, everyMs: DAY_MS },
] as const;

/** The next full hour, quarter of a day, or day. */
export function nextTickMs(nowMs: number, newsMs: number): number {
  const quietMs = nowMs - newsMs;
  const { everyMs } = must(
    TICKS.find(({ untilMs }) => quietMs < untilMs),
    'the last one is for ever',
  );
  return (Math.floor(nowMs / everyMs) + 1) * everyMs;
}

/** Checks may ask about days before and after; what asks for more is answered as of the first or last look. */
const MOST_BEFORE_MS = 30 * DAY_MS;
const MOST_AFTER_MS = 400 * DAY_MS;

/** An hour of calm before anything is known or asked about. */
export function beginOf({ startMs, steps, checks }: Manifest): number {
  const stepMs = Math.min(startMs, steps[0]?.atMs ?? startMs);
  const askedMs = checks.flatMap(timesOf).filter((timeMs) => timeMs > stepMs - MOST_BEFORE_MS);
  const firstMs = Math.min(stepMs, ...askedMs);
  return Math.floor(firstMs / HOUR_MS) * HOUR_MS - HOUR_MS;
}

/** Times that a check asks about: the network looks then, so that its answer is of that very time. */
function timesOf(check: Check): number[] {
  switch (check.kind) {
    case 'copy_added':
    case 'moves_complete':
      return [check.byMs];
    case 'copy_kept':
    case 'risk_above_base':
      return [check.untilMs];
    case 'no_copy_placed_in':
      return [check.fromMs, check.toMs];
    case 'risk_not_lower':
      return [check.atMs, check.thanAtMs];
    case 'probability_between':
      return check.atMs === undefined ? [] : [check.atMs];
    case 'no_active_event_after':
      return [check.atMs];
    default:
      return [];
  }
}

/** Ascending. */
export function askedTimes({ checks }: Manifest): readonly number[] {
  return checks.flatMap(timesOf).sort((a, b) => a - b);
}

/** `lastPollMs`: when the last step is known. */
export function endOf(manifest: Manifest, lastPollMs: number): number {
  const askedMs = askedTimes(manifest).at(-1) ?? 0;
  return Math.max(lastPollMs, Math.min(askedMs, lastPollMs + MOST_AFTER_MS));
}
