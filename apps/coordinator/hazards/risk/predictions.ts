// Every probability that a decision rests on is written down, and gets its outcome when its time is over. The Brier
// score says what the parameters are worth, per kind of hazard: 0 is perfect, and a score above that of always
// saying the base frequency means that the figures are worse than none.
import { HOUR_MS } from '@kura/base';
import type { EventKind, HazardEvent } from '../events/hazard-event.ts';
import type { RiskPicture } from './table.ts';

export type Outcome = 'lost' | 'unreachable';

export interface Prediction {
  readonly siteId: string;
  readonly outcome: Outcome;
  /** Kind of the worst event behind it. */
  readonly kind: EventKind;
  readonly madeMs: number;
  readonly untilMs: number;
  /** 0–1. */
  readonly probability: number;
  /** Undefined until it is known. */
  readonly happened: boolean | undefined;
}

/** What is predicted now for every site that an event reaches: both outcomes, under the worst event's kind. */
export function predictionsOf(
  picture: RiskPicture,
  siteIds: readonly string[],
  events: readonly HazardEvent[],
): Prediction[] {
  const kinds = new Map(events.map(({ id, kind }) => [id, kind]));
  const untilMs = picture.atMs + picture.horizonHours * HOUR_MS;
  return siteIds.flatMap((siteId, index) => {
    const risk = picture.sites[index];
    const kind = kinds.get(risk?.causes[0]?.eventId ?? '');
    if (risk === undefined || kind === undefined) return [];
    const common = { siteId, kind, madeMs: picture.atMs, untilMs, happened: undefined };
    return [
      { ...common, outcome: 'lost', probability: risk.lost },
      { ...common, outcome: 'unreachable', probability: risk.unreachable },
    ] as const;
  });
}

/** What became of a site: when it was lost, or first could not be read for a day. */
export interface Incident {
  readonly siteId: string;
  readonly outcome: Outcome;
  readonly atMs: number;
}

/** Outcomes of all predictions whose time is over; one that came true is settled at once. */
export function settle(
  predictions: readonly Prediction[],
  incidents: readonly Incident[],
  nowMs: number,
): Prediction[] {
  return predictions.map((prediction) => {
    if (prediction.happened !== undefined) return prediction;
    const cameTrue = incidents.some(
      ({ siteId, outcome, atMs }) =>
        siteId === prediction.siteId &&
        outcome === prediction.outcome &&
        atMs >= prediction.madeMs &&
        atMs <= Math.min(nowMs, prediction.untilMs),
    );
    if (cameTrue) return { ...prediction, happened: true };
    return nowMs > prediction.untilMs ? { ...prediction, happened: false } : prediction;
  });
}

export interface BrierRow {
  readonly kind: EventKind;
  readonly outcome: Outcome;
  /** Predictions with a known outcome. */
  readonly count: number;
  readonly happened: number;
  /** Mean of what was predicted. */
  readonly meanProbability: number;
  /** Mean squared error, 0–1. */
  readonly score: number;
  /** That of always saying how often it happened. */
  readonly reference: number;
}

/** One row per kind and outcome that has settled predictions, by kind. */
export function brierReport(predictions: readonly Prediction[]): BrierRow[] {
  const groups = new Map<string, Prediction[]>();
  for (const prediction of predictions) {
    if (prediction.happened === undefined) continue;
    const key = `${prediction.kind} ${prediction.outcome}`;
    groups.set(key, [...(groups.get(key) ?? []), prediction]);
  }
  const rows = [...groups.values()].map(rowOf);
  return rows.sort((a, b) => (`${a.kind} ${a.outcome}` < `${b.kind} ${b.outcome}` ? -1 : 1));
}

function rowOf(settled: readonly Prediction[]): BrierRow {
  const [{ kind, outcome }] = settled as readonly [Prediction, ...Prediction[]];
  const count = settled.length;
  const mean = (pick: (prediction: Prediction) => number): number =>
    settled.reduce((sum, one) => sum + pick(one), 0) / count;
  const truth = ({ happened }: Prediction): number => (happened === true ? 1 : 0);
  const frequency = mean(truth);
  return {
    kind,
    outcome,
    count,
    happened: Math.round(frequency * count),
    meanProbability: mean((one) => one.probability),
    score: mean((one) => (one.probability - truth(one)) ** 2),
    reference: frequency * (1 - frequency),
  };
}
