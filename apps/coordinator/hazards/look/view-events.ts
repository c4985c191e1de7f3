// Events as people and scripts see them: what is happening, where, and which stores it reaches.
import { KuraError, type StoreId } from '@kura/base';
import { type HazardView, MAX_EVENTS_SHOWN } from '@kura/contract/wire/endpoints/hazards.ts';
import type { Rows } from '../../db/tables.ts';
import type { Coordinates } from '../../placement/distance.ts';
import { thinRing } from '../events/geometry.ts';
import { type HazardEvent, SEVERITIES, type Shape, type Zone } from '../events/hazard-event.ts';
import { readBook } from '../history/book-rows.ts';
import { readTablesAt } from '../history/read-tables.ts';

type Reached = HazardView['reached'];
type Outline = NonNullable<HazardView['outlines']>[number];

const MAX_TITLE = 400;
const MAX_OUTLINES = 64;
/** As the contract has it: two numbers a point. */
const MAX_RING_POINTS = 400;
const FIRST_STEP_KM = 2;
const MAX_TRACK = 64;

export interface EventsQuery {
  readonly which: 'current' | 'all';
  readonly outlines: 'yes' | 'no';
  readonly limit: number;
  readonly nowMs: number;
}

/** What reaches a store comes first, the worst of it; then the worst of the rest, the newest first. */
export async function viewEvents(
  rows: Rows,
  { which, outlines, limit, nowMs }: EventsQuery,
): Promise<{ readonly total: number; readonly events: readonly HazardView[] }> {
  const book = await readBook(rows, nowMs);
  const reached = await reachedStores(rows);
  const events = which === 'all' ? book.events() : book.active();
  const weight = ({ id }: HazardEvent): number =>
    Math.max(0, ...(reached.get(id) ?? []).map((one) => one.lost + one.unreachable));
  const severity = (event: HazardEvent): number => SEVERITIES.indexOf(event.severity);
  events.sort(
    (a, b) => weight(b) - weight(a) || severity(b) - severity(a) || b.changedMs - a.changedMs,
  );
  const shown = events.slice(0, Math.min(limit, MAX_EVENTS_SHOWN));
  const hasShapes = outlines === 'yes';
  return {
    total: events.length,
    events: shown.map((one) => eventView(one, { reached, hasShapes })),
  };
}

/** Throws `not_found`. The beginning of an id is enough if no other event has it. */
export async function viewEvent(
  rows: Rows,
  { id, nowMs }: { readonly id: string; readonly nowMs: number },
): Promise<{
  readonly event: HazardView;
  readonly names: readonly string[];
  readonly chain: HazardEvent['chain'];
}> {
  const events = (await readBook(rows, nowMs)).events();
  const named = events.filter((event) => event.id === id || event.names.includes(id));
  const found = named.length > 0 ? named : events.filter((event) => event.id.startsWith(id));
  const [event, other] = found;
  if (event === undefined || other !== undefined) {
    const message = event === undefined ? `no event is called "${id}"` : `"${id}" may be several`;
    throw new KuraError('not_found', message, { guidance: 'See `kura hazards list`.' });
  }
  const reached = await reachedStores(rows);
  const { names, chain } = event;
  return { event: eventView(event, { reached, hasShapes: true }), names, chain };
}

/** By event, the stores whose newest risk rows name it. */
async function reachedStores(rows: Rows): Promise<ReadonlyMap<string, Reached>> {
  const reached = new Map<string, Map<StoreId, Reached[number]>>();
  for (const table of await readTablesAt(rows)) {
    for (const { storeId, causes } of table.rows) {
      for (const { eventId, lost, unreachable } of causes) {
        const stores = reached.get(eventId) ?? new Map<StoreId, Reached[number]>();
        reached.set(
          eventId,
          stores.set(storeId as StoreId, { storeId: storeId as StoreId, lost, unreachable }),
        );
      }
    }
  }
  const worst = (one: Reached[number]): number => one.lost + one.unreachable;
  return new Map(
    [...reached].map(([id, stores]) => [
      id,
      [...stores.values()].sort((a, b) => worst(b) - worst(a)),
    ]),
  );
}

interface ViewInput {
  readonly reached: ReadonlyMap<string, Reached>;
  readonly hasShapes: boolean;
}

export function eventView(event: HazardEvent, { reached, hasShapes }: ViewInput): HazardView {
  const { earthquake, cyclone } = event;
  const [analysis] = cyclone?.track ?? [];
  const place = earthquake?.epicentre ?? analysis?.centre ?? middleOf(event.zones);
  return {
    eventId: event.id,
    kind: event.kind,
    title: event.title.slice(0, MAX_TITLE),
    state: event.state,
    sources: event.sources,
    ...{ severity: event.severity, certainty: event.certainty, urgency: event.urgency },
    ...{ onsetMs: event.onsetMs, endMs: event.endMs, isEndAssumed: event.isEndAssumed },
    ...{ sentMs: event.sentMs, firstSeenMs: event.firstSeenMs, changedMs: event.changedMs },
    place: place === undefined ? undefined : { lat: place.lat, lon: place.lon },
    magnitude: earthquake?.magnitude,
    depthKm: earthquake?.depthKm,
    maxWindKt: analysis?.maxWindKt,
    reached: reached.get(event.id) ?? [],
    outlines: hasShapes ? event.zones.flatMap(outlinesOf).slice(0, MAX_OUTLINES) : undefined,
    track: hasShapes ? trackOf(event) : undefined,
  };
}

function trackOf({ cyclone }: HazardEvent): HazardView['track'] {
  return cyclone?.track.slice(0, MAX_TRACK).map(({ leadHours, centre, maxWindKt }) => ({
    ...{ leadHours, lat: centre.lat, lon: centre.lon, windKt: maxWindKt },
  }));
}

function middleOf(zones: readonly Zone[]): Coordinates | undefined {
  const points = zones.flatMap(({ shapes }) =>
    shapes.flatMap((shape) => (shape.type === 'circle' ? [shape.centre] : (shape.rings[0] ?? []))),
  );
  if (points.length === 0) return undefined;
  const sum = (pick: (point: Coordinates) => number): number =>
    points.reduce((total, point) => total + pick(point), 0) / points.length;
  return { lat: sum(({ lat }) => lat), lon: sum(({ lon }) => lon) };
}

function outlinesOf({ severity, shapes }: Zone): Outline[] {
  return shapes.map((shape) => ({ severity, ...shapeView(shape) }));
}

function shapeView(shape: Shape): Pick<Outline, 'ring' | 'circle'> {
  if (shape.type === 'circle') {
    const { centre, radiusKm } = shape;
    return { circle: { ...centre, radiusKm }, ring: undefined };
  }
  let ring = shape.rings[0] ?? [];
  for (let stepKm = FIRST_STEP_KM; ring.length > MAX_RING_POINTS; stepKm *= 2) {
    ring = thinRing(ring, stepKm);
  }
  return { ring: ring.flatMap(({ lat, lon }) => [lat, lon]), circle: undefined };
}
