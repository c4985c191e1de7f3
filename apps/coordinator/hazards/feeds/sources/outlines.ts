// Outlines of codes that messages give without shapes. JMA's areas come from a table of the project as
// circles, generous rather than exact; NWS's zones are files fetched once (nws-zones.ts).
import { readFileSync } from 'node:fs';
import { csvNumber, csvText, parseCsv } from '../../../placement/csv.ts';
import type { AreaCode, Shape } from '../../events/hazard-event.ts';
import { circleShape, type Outlines } from '../formats/areas.ts';

const TABLE = new URL('../../../../../data/hazards/jma-areas.csv', import.meta.url);

let table: ReadonlyMap<string, readonly Shape[]> | undefined;

function loadTable(): ReadonlyMap<string, readonly Shape[]> {
  const shapes = new Map<string, Shape[]>();
  for (const row of parseCsv(readFileSync(TABLE, 'utf8'), 'table data/hazards/jma-areas.csv')) {
    const key = `${csvText(row, 'system')}:${csvText(row, 'code')}`;
    const centre = { lat: csvNumber(row, 'lat'), lon: csvNumber(row, 'lon') };
    const shape = circleShape(centre, csvNumber(row, 'radius_km'));
    shapes.set(key, [...(shapes.get(key) ?? []), shape]);
  }
  return shapes;
}

/** A municipality's code begins with its prefecture's, whose circle stands for it. */
function tableKey({ system, code }: AreaCode): string {
  if (system === 'jma-municipality') return `jma-prefecture:${code.slice(0, 2)}`;
  return `${system}:${code}`;
}

/** Read once, when first asked for. */
export const jmaOutlines: Outlines = {
  shapesOf(code) {
    table ??= loadTable();
    return table.get(tableKey(code));
  },
};

/** The first that knows a code answers. */
export function outlinesOf(...sources: readonly Outlines[]): Outlines {
  return {
    shapesOf(code) {
      for (const source of sources) {
        const shapes = source.shapesOf(code);
        if (shapes !== undefined) return shapes;
      }
      return undefined;
    },
  };
}
