// Stores on the map: a dot by stance, and the city's name where there is room for it.
import type { RiskRowView } from '@kura/contract/wire/endpoints/hazards.ts';
import { percent } from '../desk.ts';
import { COLOURS } from './canvas.ts';
import type { Point, Projection } from './projection.ts';
import { element, escapeXml, label } from './svg.ts';

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const FONT_SIZE = 14;
const CHARACTER_WIDTH = 7.4;
const GAP = 11;

/** Where a name may stand to its dot, the best first. */
const SIDES = [
  { dx: GAP, dy: 5, anchor: 'start' },
  { dx: -GAP, dy: 5, anchor: 'end' },
  { dx: 0, dy: -GAP, anchor: 'middle' },
  { dx: 0, dy: GAP + FONT_SIZE, anchor: 'middle' },
  { dx: GAP, dy: -8, anchor: 'start' },
  { dx: GAP, dy: 20, anchor: 'start' },
] as const;

const meets = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

function boxOf({ x, y }: Point, text: string, anchor: string): Box {
  const width = text.length * CHARACTER_WIDTH;
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
  return { left, right: left + width, top: y - FONT_SIZE, bottom: y + 3 };
}

export function drawStores(stores: readonly RiskRowView[], projection: Projection): string {
  const worst = { leave: 0, watch: 1, calm: 2 } as const;
  const ordered = [...stores].sort((a, b) => worst[a.stance] - worst[b.stance]);
  const dots = ordered.map((store) => projection.spotOf(store));
  const taken: Box[] = dots.map(({ x, y }) => ({
    ...{ left: x - 7, right: x + 7, top: y - 7, bottom: y + 7 },
  }));
  const parts: string[] = [];
  for (const [index, store] of ordered.entries()) {
    const spot = dots[index] ?? { x: 0, y: 0 };
    parts.push(drawDot(store, spot), drawName(store, spot, taken));
  }
  return parts.join('\n');
}

function drawDot(store: RiskRowView, { x, y }: Point): string {
  const colour = COLOURS[store.stance];
  const isCalm = store.stance === 'calm';
  const because = store.causes[0]?.title ?? '';
  const risk = `lost ${percent(store.lost)}, unreachable ${percent(store.unreachable)} within a week`;
  const title = `${store.city}: ${store.stance}, ${risk}${because === '' ? '' : ` (${because})`}`;
  const halo = element('circle', {
    ...{ cx: x, cy: y, r: isCalm ? 9 : 16, fill: colour, 'fill-opacity': isCalm ? '0.18' : '0.25' },
  });
  const dot = element('circle', {
    ...{ cx: x, cy: y, r: 5, fill: colour, stroke: COLOURS.paper, 'stroke-width': 1.5 },
  });
  return element('g', {}, `<title>${escapeXml(title)}</title>${halo}${dot}`);
}

/** Left out where every side is taken: the dot still says its name. */
function drawName({ city, stance }: RiskRowView, { x, y }: Point, taken: Box[]): string {
  const own = (box: Box): boolean => box.left === x - 7 && box.top === y - 7;
  for (const { dx, dy, anchor } of SIDES) {
    const at = { x: x + dx, y: y + dy };
    const box = boxOf(at, city, anchor);
    if (taken.some((other) => !own(other) && meets(box, other))) continue;
    taken.push(box);
    return label(at, city, {
      'font-size': FONT_SIZE,
      'font-weight': stance === 'calm' ? '400' : '600',
      'text-anchor': anchor,
      fill: stance === 'calm' ? COLOURS.text : COLOURS[stance],
      ...{ stroke: COLOURS.paper, 'stroke-width': 3, 'paint-order': 'stroke' },
    });
  }
  return '';
}
