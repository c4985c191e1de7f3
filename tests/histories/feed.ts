// Hazards as they really come, and as feeds tell of them: late, wrong, flapping, or not at all. The network sees only
// what `tell` says; what happens to stores follows from the truth.
import { DAY_MS, HOUR_MS } from '@kura/base';
import type {
  EventKind,
  HazardEvent,
  Zone,
} from '@kura/coordinator/hazards/events/hazard-event.ts';
import { distanceKm } from '@kura/coordinator/placement/index.ts';
import type { SeededRandom } from '@kura/testing';
import { type Scene, START_MS } from './scene.ts';

const KINDS = ['flood', 'wind', 'wildfire', 'tsunami', 'volcano', 'earthquake', 'power'] as const;
const SEVERITIES = ['moderate', 'severe', 'extreme'] as const;
const CERTAINTIES = ['unlikely', 'possible', 'likely', 'observed'] as const;

/** One hazard, and how it is told. */
export interface Told {
  readonly event: HazardEvent;
  /** It comes true: stores within its area suffer at its onset. */
  readonly isReal: boolean;
  readonly reachKm: number;
  /** When the feed first knows. */
  readonly fromMs: number;
  /** When the feed says that it is over; never, if it just stops. */
  readonly untilMs: number;
  /** It comes and goes with this period; 0 if it stays. */
  readonly flapMs: number;
  /** It is withdrawn at the end, not ended. */
  readonly isCancelled: boolean;
}

export function drawHazards(scene: Scene, days: number, random: SeededRandom): Told[] {
  return Array.from({ length: 1 + random.below(4) }, (_, index) =>
    drawHazard(scene, { index, days, random }),
  );
}

interface Draw {
  readonly index: number;
  readonly days: number;
  readonly random: SeededRandom;
}

function drawHazard(scene: Scene, { index, days, random }: Draw): Told {
  const store = random.pick(scene.stores);
  const kind = random.pick(KINDS);
  const onsetMs = START_MS + Math.floor((random.below(1000) / 1000) * days * DAY_MS);
  const lastsMs = (6 + random.below(90)) * HOUR_MS;
  const isSudden = kind === 'earthquake' || kind === 'power';
  const leadMs = (isSudden ? -1 : 1) * random.below(isSudden ? 6 : 96) * HOUR_MS;
  const radiusKm = 20 + random.below(400);
  const fromMs = onsetMs - leadMs;
  const untilMs = random.chance(0.1) ? Number.POSITIVE_INFINITY : onsetMs + lastsMs;
  const event = drawEvent(`hazard ${index}`, { kind, onsetMs, radiusKm, scene, store, random });
  return {
    event: random.chance(0.3) || untilMs > 1e15 ? event : { ...event, endMs: untilMs },
    isReal: random.chance(0.6),
    reachKm: kind === 'power' ? 1 : radiusKm,
    fromMs,
    untilMs,
    flapMs: random.chance(0.25) ? (3 + random.below(20)) * HOUR_MS : 0,
    isCancelled: random.chance(0.2),
  };
}

interface EventDraw {
  readonly kind: EventKind;
  readonly onsetMs: number;
  readonly radiusKm: number;
  readonly scene: Scene;
  readonly store: Scene['stores'][number];
  readonly random: SeededRandom;
}

function drawEvent(id: string, { kind, onsetMs, radiusKm, store, random }: EventDraw): HazardEvent {
  const { lat, lon } = store.site.place;
  const centre = { lat, lon };
  const severity = random.pick(SEVERITIES);
  const certainty = random.pick(CERTAINTIES);
  const urgency = 'expected';
  const shape = { type: 'circle', centre, radiusKm } as const;
  const zone: Zone = { shapes: [shape], codes: [], unplaced: 0, severity, certainty, urgency };
  const plain: HazardEvent = {
    id,
    names: [id],
    kind,
    source: 'cap',
    sources: random.chance(0.4) ? ['cap', 'nws'] : ['cap'],
    title: `${kind} near ${store.site.place.city}`,
    severity,
    certainty,
    urgency,
    zones: kind === 'earthquake' || kind === 'power' ? [] : [zone],
    onsetMs,
    isEndAssumed: false,
    sentMs: onsetMs,
    firstSeenMs: onsetMs,
    changedMs: onsetMs,
    state: 'active',
    chain: [],
    hints: [],
  };
  if (kind === 'power') {
    return { ...plain, outage: { site: store.site.id, isGridDown: true, fuelHours: 48 } };
  }
  if (kind !== 'earthquake') return plain;
  const magnitude = 5 + random.below(35) / 10;
  const quake = { originMs: onsetMs, epicentre: centre, depthKm: 10 + random.below(40) };
  return { ...plain, earthquake: { ...quake, magnitude, isMagnitudeAssumed: false } };
}

/** What the feed says now; nothing while it is silent about a hazard that flaps or has not been noticed. */
export function tell(hazards: readonly Told[], nowMs: number): HazardEvent[] {
  const events: HazardEvent[] = [];
  for (const { event, fromMs, untilMs, flapMs, isCancelled } of hazards) {
    if (nowMs < fromMs) continue;
    const isSilent = flapMs > 0 && Math.floor((nowMs - fromMs) / flapMs) % 2 === 1;
    if (nowMs < untilMs && !isSilent) events.push(event);
    else if (isCancelled) events.push({ ...event, state: 'cancelled', changedMs: nowMs });
    else if (nowMs >= untilMs) events.push({ ...event, state: 'ended', changedMs: untilMs });
  }
  return events;
}

/** Stores that the hazard strikes when it comes, and what it does to them. */
export function strike(
  { event, isReal, reachKm }: Told,
  scene: Scene,
  random: SeededRandom,
): { readonly store: number; readonly isLost: boolean }[] {
  const [zone] = event.zones;
  const shape = zone?.shapes[0];
  const at = shape?.type === 'circle' ? shape.centre : event.earthquake?.epicentre;
  const struck: { store: number; isLost: boolean }[] = [];
  for (const [store, { site }] of scene.stores.entries()) {
    const isThere =
      at === undefined ? event.outage?.site === site.id : distanceKm(at, site.place) <= reachKm;
    if (!isReal || !isThere) continue;
    if (random.chance(0.25)) struck.push({ store, isLost: true });
    else if (random.chance(0.3)) struck.push({ store, isLost: false });
  }
  return struck;
}
