// One picture of the world as the network sees it: stores by stance, events with their areas and tracks, moves that are
// on their way. Self-contained SVG: no script, no font, nothing fetched.
import { COLOURS, drawRing, WIDTH } from './canvas.ts';
import { drawEvents, nameEvents } from './draw-events.ts';
import { drawLegend } from './draw-legend.ts';
import { drawMoves } from './draw-moves.ts';
import { drawStores } from './draw-stores.ts';
import type { Land, MapView } from './map-view.ts';
import { type Place, type Point, Projection } from './projection.ts';
import { element, escapeXml, label, pathOf } from './svg.ts';

const MARGIN = 40;
const HEAD = 96;
const FOOT = 112;
const GRATICULE_DEGREES = 30;
const FULL_TURN = 360;

export function drawMap(view: MapView): string {
  const projection = new Projection({
    width: WIDTH - 2 * MARGIN,
    left: MARGIN,
    top: HEAD,
    middleLon: middleOf(view.stores),
  });
  const height = HEAD + projection.height + FOOT;
  const outline = pathOf(projection.outline());
  const world = [
    element('path', { d: outline, fill: 'url(#sea)' }),
    element(
      'g',
      { 'clip-path': 'url(#world)' },
      [
        drawGraticule(projection),
        drawLand(view.land, projection),
        drawEvents(view.events, projection),
      ].join('\n'),
    ),
    element('path', { d: outline, fill: 'none', stroke: COLOURS.shore, 'stroke-width': 1.5 }),
    drawMoves(view, projection),
    nameEvents(view.events, projection),
    drawStores(view.stores, projection),
  ];
  const parts = [
    definitions(outline),
    element('rect', { width: WIDTH, height, fill: COLOURS.paper }),
    head(view),
    ...world,
    drawLegend(view, HEAD + projection.height + 36),
    label({ x: WIDTH - MARGIN, y: height - 20 }, view.land.credit, {
      'text-anchor': 'end',
      'font-size': 12,
      fill: COLOURS.faint,
    }),
  ];
  return svgOf(height, view.title, parts);
}

function svgOf(height: number, title: string, parts: readonly string[]): string {
  const box = `0 0 ${WIDTH} ${Math.round(height)}`;
  const font = "'Inter', 'Segoe UI', 'Helvetica Neue', 'Noto Sans', sans-serif";
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}" font-family="${font}" role="img">`;
  return `${head}\n<title>${escapeXml(title)}</title>\n${parts.join('\n')}\n</svg>\n`;
}

function definitions(outline: string): string {
  const stop = (offset: string, colour: string): string =>
    element('stop', { offset, 'stop-color': colour });
  return element(
    'defs',
    {},
    [
      element(
        'radialGradient',
        { id: 'sea', cx: '50%', cy: '45%', r: '65%' },
        stop('0%', COLOURS.seaEdge) + stop('100%', COLOURS.sea),
      ),
      element('clipPath', { id: 'world' }, element('path', { d: outline })),
    ].join(''),
  );
}

function head({ title, time, events, stores }: MapView): string {
  const feared = stores.filter(({ stance }) => stance !== 'calm').length;
  const state =
    feared === 0 ? 'all stores are calm' : `${feared} of ${stores.length} stores in danger`;
  const said = `${time} · ${events.length} events in force · ${state}`;
  return [
    label({ x: MARGIN, y: 46 }, title, {
      'font-size': 28,
      'font-weight': '600',
      fill: COLOURS.text,
    }),
    label({ x: MARGIN, y: 74 }, said, { 'font-size': 16, fill: COLOURS.faint }),
  ].join('\n');
}

/** The longitude around which the stores lie, in steps of ten: so that few arcs cross the edge of the map. */
function middleOf(stores: readonly Place[]): number {
  const sum = (pick: (angle: number) => number): number =>
    stores.reduce((total, { lon }) => total + pick((lon * Math.PI) / 180), 0);
  const [x, y] = [sum(Math.cos), sum(Math.sin)];
  // Spread over the whole world there is no such place: then the usual map.
  if (Math.hypot(x, y) < stores.length * 0.35) return 10;
  return Math.round((Math.atan2(y, x) * 18) / Math.PI) * 10;
}

function drawGraticule(projection: Projection): string {
  const lines: Point[][] = [];
  for (let lon = 0; lon < FULL_TURN; lon += GRATICULE_DEGREES) {
    const places = Array.from({ length: 37 }, (_, step) => ({ lat: step * 5 - 90, lon }));
    const away = Math.round((lon - projection.middleLon) / FULL_TURN);
    lines.push(places.map((place) => projection.pointOf(place, -away)));
  }
  for (let lat = -60; lat <= 60; lat += GRATICULE_DEGREES) {
    const ends = [-180, 180].map((lon) => ({ lat, lon: projection.middleLon + lon }));
    lines.push(ends.map((place) => projection.pointOf(place)));
  }
  const d = lines.map((points) => pathOf(points, false)).join('');
  return element('path', { d, fill: 'none', stroke: COLOURS.line, 'stroke-width': 1 });
}

function placesOf(ring: readonly number[]): Place[] {
  const places: Place[] = [];
  for (let at = 0; at + 1 < ring.length; at += 2) {
    places.push({ lon: ring[at] ?? 0, lat: ring[at + 1] ?? 0 });
  }
  return places;
}

function drawLand({ land, lakes }: Land, projection: Projection): string {
  const draw = (rings: Land['land']): string =>
    rings.map(({ ring }) => drawRing(placesOf(ring), projection)).join('');
  const shore = { stroke: COLOURS.shore, 'stroke-width': 0.8, 'stroke-linejoin': 'round' };
  return [
    element('path', { d: draw(land), fill: COLOURS.land, ...shore }),
    element('path', { d: draw(lakes), fill: COLOURS.sea, ...shore }),
  ].join('\n');
}
