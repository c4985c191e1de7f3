// ShakeMap's `grid.xml`: some lines of XML, then one line of figures per point, up to 15 MB of them. Read
// line by line into a coarser grid, each point the highest intensity of its cell: on the safe side, and
// 40,000 figures at most.
import { KuraError } from '@kura/base';
import type { ShakeGrid } from '../../events/hazard-event.ts';
import { MAX_GRID_BYTES, MAX_GRID_CELLS, MAX_GRID_POINTS } from '../fetch/limits.ts';
import { needed, placeAt, readNumber } from '../formats/values.ts';
import { childAt, childrenOf, parseXml, type XmlElement } from '../formats/xml.ts';

const MAX_HEAD_BYTES = 65_536;
const MAX_LINE_CHARACTERS = 1_000;

interface Layout {
  readonly version: string;
  readonly west: number;
  readonly north: number;
  readonly stepLat: number;
  readonly stepLon: number;
  readonly rows: number;
  readonly columns: number;
  /** Which figure of a line is the intensity. */
  readonly column: number;
}

function numberOf(element: XmlElement | undefined, name: string): number {
  return needed(readNumber(element?.attributes.get(name) ?? ''), `"${name}" of a ShakeMap grid`);
}

function countOf(element: XmlElement | undefined, name: string): number {
  const count = numberOf(element, name);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_GRID_CELLS) return count;
  throw new KuraError('corrupt', `a ShakeMap grid has "${name}" of ${count}`);
}

function layoutOf(head: XmlElement): Layout {
  const specification = childAt(head, 'grid_specification');
  const fields = childrenOf(head, 'grid_field');
  const intensity = fields.find((field) => field.attributes.get('name') === 'MMI');
  const corner = placeAt(numberOf(specification, 'lat_max'), numberOf(specification, 'lon_min'));
  const { lat, lon } = needed(corner, 'the corner of a ShakeMap grid');
  const [stepLat, stepLon] = ['nominal_lat_spacing', 'nominal_lon_spacing'].map((name) =>
    numberOf(specification, name),
  );
  if (!((stepLat ?? 0) > 0 && (stepLon ?? 0) > 0)) {
    throw new KuraError('corrupt', 'a ShakeMap grid has no spacing');
  }
  const rows = countOf(specification, 'nlat');
  const columns = countOf(specification, 'nlon');
  if (rows * columns > MAX_GRID_CELLS) {
    throw new KuraError('too_large', `a ShakeMap grid has ${rows} × ${columns} points`);
  }
  const version = head.attributes.get('shakemap_version') ?? '';
  const column = numberOf(intensity, 'index') - 1;
  if (!Number.isInteger(column) || column < 0 || column > 31) {
    throw new KuraError('corrupt', 'a ShakeMap grid has no intensities');
  }
  return {
    version: version.slice(0, 20),
    west: lon,
    north: lat,
    stepLat: stepLat ?? 0,
    stepLon: stepLon ?? 0,
    rows,
    columns,
    column,
  };
}

function intensityOf(line: string, column: number): number {
  const value = readNumber(line.trim().split(/\s+/, column + 1)[column] ?? '');
  if (value !== undefined && value >= 0 && value <= 12) return value;
  throw new KuraError('corrupt', `a ShakeMap grid has the line "${line.slice(0, 60)}"`);
}

/** Lines of figures without copying the whole text into a list. */
function* linesOf(text: string): Iterable<string> {
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const to = end < 0 ? text.length : end;
    if (to - from > MAX_LINE_CHARACTERS) throw new KuraError('corrupt', 'a line is too long');
    if (to > from + 1) yield text.slice(from, to);
    from = to + 1;
  }
}

function readFigures(figures: string, layout: Layout): ShakeGrid {
  const { rows, columns, column, stepLat, stepLon, west, north, version } = layout;
  const every = Math.ceil(Math.sqrt((rows * columns) / MAX_GRID_POINTS)) || 1;
  const [coarseRows, coarseColumns] = [Math.ceil(rows / every), Math.ceil(columns / every)];
  const mmi = new Array<number>(coarseRows * coarseColumns).fill(0);
  let read = 0;
  for (const line of linesOf(figures)) {
    const row = Math.floor(read / columns);
    if (row >= rows) throw new KuraError('corrupt', `a ShakeMap grid has more than ${read} points`);
    const cell = Math.floor(row / every) * coarseColumns + Math.floor((read % columns) / every);
    mmi[cell] = Math.max(mmi[cell] ?? 0, intensityOf(line, column));
    read++;
  }
  if (read !== rows * columns) {
    throw new KuraError('corrupt', `a ShakeMap grid of ${rows * columns} points has ${read}`);
  }
  return {
    version,
    // The middle of the first coarse cell.
    north: north - (stepLat * (every - 1)) / 2,
    west: west + (stepLon * (every - 1)) / 2,
    stepLat: stepLat * every,
    stepLon: stepLon * every,
    rows: coarseRows,
    columns: coarseColumns,
    mmi,
  };
}

/** Throws `corrupt`, `too_large` or `hostile`. */
export function readShakeGrid(bytes: Uint8Array): ShakeGrid {
  if (bytes.length > MAX_GRID_BYTES) {
    throw new KuraError('too_large', `a ShakeMap grid has ${bytes.length} bytes`);
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const [opening, closing] = ['<grid_data>', '</grid_data>'];
  const from = text.indexOf(opening);
  const to = text.indexOf(closing, from);
  if (from < 0 || to < 0 || from > MAX_HEAD_BYTES || text.length - to > MAX_HEAD_BYTES) {
    throw new KuraError('corrupt', 'this is no ShakeMap grid');
  }
  const head = Buffer.from(text.slice(0, from) + text.slice(to + closing.length), 'latin1');
  const layout = layoutOf(parseXml(head, { noun: 'the head of a ShakeMap grid' }));
  return readFigures(text.slice(from + opening.length, to), layout);
}
