// Outlines of NWS zones and counties, fetched once each. Without them most US warnings have codes and no
// place: 510 of 529 on an ordinary day.
import { KuraError } from '@kura/base';
import { thinRing } from '../../events/geometry.ts';
import type { AreaCode, Shape } from '../../events/hazard-event.ts';
import { MAX_FOLLOWED_PER_POLL, MAX_MESSAGE_BYTES } from '../fetch/limits.ts';
import { geoJsonShapes, type Outlines } from '../formats/areas.ts';
import { parseJson } from '../formats/json.ts';
import type { Get } from '../polled-feed.ts';
import { type Reading, ReadingBuilder } from '../reading.ts';
import { readNwsAlerts } from './nws.ts';

/** There are some 4,000 forecast zones and 3,200 counties. */
const MAX_ZONE_FILES = 10_000;

/** A warning reaches further than this beyond its zone: finer coast lines say nothing more about a store. */
const OUTLINE_STEP_KM = 0.5;

function thinned(shape: Shape): Shape {
  if (shape.type === 'circle') return shape;
  return { ...shape, rings: shape.rings.map((ring) => thinRing(ring, OUTLINE_STEP_KM)) };
}

export class NwsZones implements Outlines {
  readonly #shapes = new Map<string, readonly Shape[]>();

  shapesOf({ system, code }: AreaCode): readonly Shape[] | undefined {
    return system === 'ugc' ? this.#shapes.get(code) : undefined;
  }

  /** A zone file as the API gives it: a GeoJSON feature. */
  learn(code: string, bytes: Uint8Array): void {
    const shapes = geoJsonShapes(parseJson(bytes, `the outline of ${code}`).geometry);
    if (shapes.length === 0) throw new KuraError('corrupt', `the outline of ${code} is empty`);
    if (this.#shapes.size < MAX_ZONE_FILES) this.#shapes.set(code, shapes.map(thinned));
  }

  /** Fetches some of the outlines that a reading lacks; the next poll fetches more. */
  async fetchMissing(reading: Reading, get: Get, builder: ReadingBuilder): Promise<void> {
    const zones = reading.reports.flatMap((report) => report.zones);
    const unplaced = zones.filter((zone) => zone.unplaced > 0);
    const missing = new Set(
      unplaced
        .flatMap(({ codes }) => codes.map(({ code }) => code))
        .filter((code) => !this.#shapes.has(code)),
    );
    for (const code of [...missing].slice(0, MAX_FOLLOWED_PER_POLL)) {
      const type = code[2] === 'C' ? 'county' : 'forecast';
      const url = `https://api.weather.gov/zones/${type}/${code}`;
      try {
        this.learn(code, await get(url, MAX_MESSAGE_BYTES));
      } catch (error) {
        if (!(error instanceof KuraError)) throw error;
        builder.partProblem(code, error);
      }
    }
  }
}

/** Reads the list, fetches outlines that it lacks, and reads it again with them. */
export async function readNwsWithZones(
  bytes: Uint8Array,
  get: Get,
  zones: NwsZones,
): Promise<Reading> {
  const first = readNwsAlerts(bytes, zones);
  const builder = new ReadingBuilder();
  await zones.fetchMissing(first, get, builder);
  builder.merge(readNwsAlerts(bytes, zones));
  return builder.done();
}
