// What the colours mean: stances, the kinds of events that are on the map, and moves if there are any.
import type { HazardView } from '@kura/contract/wire/endpoints/hazards.ts';
import { COLOURS } from './canvas.ts';
import { EVENT_COLOURS } from './draw-events.ts';
import type { MapView } from './map-view.ts';
import { element, label } from './svg.ts';

interface Entry {
  readonly mark: 'dot' | 'area' | 'arc';
  readonly colour: string;
  readonly text: string;
}

const LEFT = 48;
const ROW = 28;
const CHARACTER_WIDTH = 7.2;
const MOST_RIGHT = 1500;

export function drawLegend({ events, moves }: MapView, top: number): string {
  const rows: readonly (readonly Entry[])[] = [
    [
      { mark: 'dot', colour: COLOURS.calm, text: 'calm: takes copies' },
      { mark: 'dot', colour: COLOURS.watch, text: 'watch: takes no new ones' },
      { mark: 'dot', colour: COLOURS.leave, text: 'leave: gets a further copy elsewhere' },
      ...(moves.length === 0
        ? []
        : ([
            { mark: 'arc', colour: COLOURS.move, text: 'move in time' },
            { mark: 'arc', colour: COLOURS.leave, text: 'move that may be late' },
          ] as const)),
    ],
    kindsOf(events).map((kind) => ({ mark: 'area', colour: EVENT_COLOURS[kind], text: kind })),
  ];
  return rows.map((row, index) => drawRow(row, top + index * ROW)).join('\n');
}

function kindsOf(events: readonly HazardView[]): readonly HazardView['kind'][] {
  return [...new Set(events.map(({ kind }) => kind))].sort();
}

function drawRow(row: readonly Entry[], y: number): string {
  let x = LEFT;
  const parts: string[] = [];
  for (const { mark, colour, text } of row) {
    parts.push(drawMark(mark, colour, x, y));
    parts.push(label({ x: x + 18, y: y + 5 }, text, { 'font-size': 14, fill: COLOURS.text }));
    x += 18 + text.length * CHARACTER_WIDTH + 34;
    if (x > MOST_RIGHT) break;
  }
  return parts.join('');
}

function drawMark(mark: Entry['mark'], colour: string, x: number, y: number): string {
  if (mark === 'dot') return element('circle', { cx: x + 5, cy: y, r: 5.5, fill: colour });
  if (mark === 'arc') {
    const d = `M${x - 4} ${y + 4}Q${x + 5} ${y - 9} ${x + 14} ${y + 4}`;
    return element('path', { d, fill: 'none', stroke: colour, 'stroke-width': 2.5 });
  }
  return element('rect', {
    ...{ x: x - 1, y: y - 7, width: 13, height: 13, rx: 3, fill: colour, 'fill-opacity': '0.45' },
    stroke: colour,
  });
}
