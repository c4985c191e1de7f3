// Moves on the map: an arc from where a copy is read to where it goes, as wide as it is large.
import { formatBytes } from '@kura/base';
import type { MoveView } from '@kura/contract/wire/endpoints/hazards.ts';
import { COLOURS } from './canvas.ts';
import type { MapView } from './map-view.ts';
import type { Point, Projection } from './projection.ts';
import { element, escapeXml, short } from './svg.ts';

const ARROW = 9;

export function drawMoves({ moves, stores }: MapView, projection: Projection): string {
  const spots = new Map(stores.map((store) => [store.storeId, projection.spotOf(store)]));
  const most = Math.max(1, ...moves.map(({ bytes }) => bytes));
  return moves
    .filter(({ kind }) => kind === 'add')
    .map((move) => {
      const source = move.from ?? move.leave;
      const from = source === undefined ? undefined : spots.get(source);
      const to = move.to === undefined ? undefined : spots.get(move.to);
      return from === undefined || to === undefined ? '' : drawArc(move, { from, to, most });
    })
    .join('\n');
}

interface Arc {
  readonly from: Point;
  readonly to: Point;
  /** Bytes of the largest. */
  readonly most: number;
}

function drawArc(move: MoveView, { from, to, most }: Arc): string {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const bend = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 - length * 0.22 };
  const width = 1.2 + 3 * Math.sqrt(move.bytes / most);
  const colour = move.isLate ? COLOURS.leave : COLOURS.move;
  const line = element('path', {
    d: `M${short(from.x)} ${short(from.y)}Q${short(bend.x)} ${short(bend.y)} ${short(to.x)} ${short(to.y)}`,
    ...{ fill: 'none', stroke: colour, 'stroke-width': width, 'stroke-linecap': 'round' },
    'stroke-opacity': '0.85',
    ...(move.state === 'running' ? {} : { 'stroke-dasharray': '7 5' }),
  });
  const title = `${move.packs} packs, ${formatBytes(move.bytes)}: ${move.reason}`;
  return element('g', {}, `<title>${escapeXml(title)}</title>${line}${arrow(bend, to, colour)}`);
}

/** Its tip a little before the dot. */
function arrow(from: Point, to: Point, colour: string): string {
  const angle = Math.atan2(to.y - from.y, to.x - from.x);
  const tip = { x: to.x - 8 * Math.cos(angle), y: to.y - 8 * Math.sin(angle) };
  const corner = (turn: number): string =>
    `${short(tip.x - ARROW * Math.cos(angle + turn))},${short(tip.y - ARROW * Math.sin(angle + turn))}`;
  const points = `${short(tip.x)},${short(tip.y)} ${corner(0.45)} ${corner(-0.45)}`;
  return element('polygon', { points, fill: colour });
}
