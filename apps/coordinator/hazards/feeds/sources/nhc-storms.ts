// NHC's list of active storms: which there are, where they are now, and the address of each one's forecast.
import type { CycloneForecast } from '../../events/hazard-event.ts';
import { asObject, listIn, numberIn, parseJson, textIn } from '../formats/json.ts';
import { needed, placeAt, readNumber, readTime } from '../formats/values.ts';
import { type Reading, ReadingBuilder } from '../reading.ts';
import { cycloneReport } from './atcf.ts';

const FORECASTS = 'https://ftp.nhc.noaa.gov/atcf/fst/';
const MAX_WIND_KT = 250;

/** Until a storm's forecast has been read, its centre stands for it. */
export function readNhcStorms(bytes: Uint8Array): Reading {
  const list = parseJson(bytes, 'the list of active storms');
  const builder = new ReadingBuilder();
  builder.items(listIn(list, 'activeStorms'), (item) => {
    const storm = needed(asObject(item), 'a storm');
    const id = /^([a-z]{2})(\d{2})(\d{4})$/.exec(textIn(storm, 'id').toLowerCase());
    const [, basin = '', number = '', season = ''] = needed(id ?? undefined, 'the id of a storm');
    const updatedMs = needed(readTime(textIn(storm, 'lastUpdate')), 'the time of a storm');
    const lat = numberIn(storm, 'latitudeNumeric');
    const centre = needed(
      placeAt(lat, numberIn(storm, 'longitudeNumeric')),
      'the place of a storm',
    );
    const wind = readNumber(textIn(storm, 'intensity')) ?? 0;
    const name = textIn(storm, 'name').slice(0, 40);
    const forecast: CycloneForecast = {
      basin: basin.toUpperCase(),
      number: Number(number),
      season: Number(season),
      ...(name === '' ? {} : { name }),
      synopticMs: updatedMs,
      track: [
        { leadHours: 0, centre, maxWindKt: Math.min(Math.abs(wind), MAX_WIND_KT), radiiNm: {} },
      ],
    };
    builder.add({ ...cycloneReport(forecast, updatedMs), stream: 'position' });
    builder.link({ url: `${FORECASTS}${id?.[0]}.fst`, version: String(updatedMs) });
  });
  return builder.done();
}
