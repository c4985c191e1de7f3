// Events on the map: their areas, an earthquake's rings, a cyclone's way with its winds. What reaches a store
// is bright and has its name; the rest is there, and faint.
import type { HazardView } from '@kura/contract/wire/endpoints/hazards.ts';
import { drawRing, outlinePlaces } from './canvas.ts';
import type { Point, Projection } from './projection.ts';
import { element, escapeXml, label } from './svg.ts';

/** By kind, as far as eyes tell apart. */
export const EVENT_COLOURS: Readonly<Record<HazardView['kind'], string>> = {
  earthquake: '#ff9f5a',
  tsunami: '#58b7ff',
  cyclone: '#c58bff',
  wind: '#b7a4e8',
  tornado: '#d57bff',
  flood: '#4da3ff',
  surge: '#3f8cff',
  winter: '#bfe3ff',
  wildfire: '#ff5d3a',
  volcano: '#ff4d6d',
  power: '#ffd84d',
  other: '#9fb3c8',
};

const MAX_NAMED = 12;
const MAX_NAME_CHARACTERS = 46;
const LINE_HEIGHT = 18;
/** Names keep so far from the edges of the picture. */
const SIDE = 180;

export function drawEvents(events: readonly HazardView[], projection: Projection): string {
  const [near, far] = [
    events.filter(({ reached }) => reached.length > 0),
    events.filter(({ reached }) => reached.length === 0),
  ];
  return [
    ...far.map((event) => drawEvent(event, projection, false)),
    ...near.toReversed().map((event) => drawEvent(event, projection, true)),
  ].join('\n');
}

function drawEvent(event: HazardView, projection: Projection, isNear: boolean): string {
  const colour = EVENT_COLOURS[event.kind];
  const rings = (event.outlines ?? []).map(outlinePlaces).map((ring) => drawRing(ring, projection));
  const area = element('path', {
    d: rings.join(''),
    fill: colour,
    'fill-opacity': isNear ? '0.28' : '0.14',
    stroke: colour,
    'stroke-opacity': isNear ? '0.9' : '0.35',
    'stroke-width': isNear ? 1.4 : 0.8,
  });
  const shapes = [
    rings.join('') === '' ? '' : area,
    drawTrack(event, projection, colour),
    event.kind === 'earthquake' ? drawQuake(event, projection, isNear) : '',
  ];
  return element('g', {}, `<title>${escapeXml(event.title)}</title>${shapes.join('')}`);
}

/** Rings that grow with the magnitude. */
function drawQuake(event: HazardView, projection: Projection, isNear: boolean): string {
  if (event.place === undefined) return '';
  const { x, y } = projection.spotOf(event.place);
  const colour = EVENT_COLOURS.earthquake;
  const size = Math.max(3, 2 ** ((event.magnitude ?? 4) - 3.6));
  const rings = isNear ? [1, 0.66, 0.33] : [1];
  return rings
    .map((share) =>
      element('circle', {
        ...{ cx: x, cy: y, r: size * share, fill: colour, 'fill-opacity': '0.16' },
        ...{ stroke: colour, 'stroke-width': 1.2, 'stroke-opacity': isNear ? '0.9' : '0.5' },
      }),
    )
    .join('');
}

function drawTrack({ track = [] }: HazardView, projection: Projection, colour: string): string {
  if (track.length < 2) return '';
  const points = track.map((point) => projection.spotOf(point));
  const line = element('polyline', {
    points: points
      .map(({ x, y }) => `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`)
      .join(' '),
    ...{ fill: 'none', stroke: colour, 'stroke-width': 2.5, 'stroke-linecap': 'round' },
    'stroke-dasharray': '1 6',
  });
  const eyes = track.map(({ windKt }, index) => {
    const { x, y } = points[index] ?? { x: 0, y: 0 };
    const fill = index === 0 ? colour : 'none';
    return element('circle', {
      cx: x,
      cy: y,
      r: 2 + windKt / 24,
      fill,
      stroke: colour,
      'stroke-width': 1.5,
    });
  });
  return line + eyes.join('');
}

/** Names of what reaches a store, above its place, pushed up where two would meet. */
export function nameEvents(events: readonly HazardView[], projection: Projection): string {
  const taken: Point[] = [];
  const near = events.filter(({ reached }) => reached.length > 0).slice(0, MAX_NAMED);
  const names = near.flatMap((event) => {
    if (event.place === undefined) return [];
    const { x, y: placeY } = projection.spotOf(event.place);
    const spot = { x: Math.max(SIDE, Math.min(projection.width - SIDE / 2, x)), y: placeY };
    let y = spot.y - 26;
    const isTaken = (): boolean =>
      taken.some((one) => Math.abs(one.x - spot.x) < 260 && Math.abs(one.y - y) < LINE_HEIGHT);
    while (isTaken()) y -= LINE_HEIGHT;
    taken.push({ x: spot.x, y });
    const text = event.title.slice(0, MAX_NAME_CHARACTERS);
    return [
      label({ x: spot.x, y }, text, {
        'font-size': 13,
        'text-anchor': 'middle',
        fill: EVENT_COLOURS[event.kind],
        stroke: '#0a1626',
        'stroke-width': 3,
        'paint-order': 'stroke',
      }),
    ];
  });
  return names.join('\n');
}
