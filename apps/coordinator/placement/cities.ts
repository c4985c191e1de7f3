// The cities where stores and homes are, and how a person's text becomes one of them. A name that could
// mean two places is refused with both: where data lies is nothing to guess. The list and its sources are
// in data/cities; it is read once, when first asked for.
import { readFileSync } from 'node:fs';
import { KuraError } from '@kura/base';
import type { HomeDescription, StorePlace } from '@kura/contract';
import { type CsvRow, csvNumber, csvText, parseCsv } from './csv.ts';
import { type Coordinates, distanceKm } from './distance.ts';

export const HAZARD_KINDS = [
  'earthquake',
  'cyclone',
  'flood',
  'tsunami',
  'volcano',
  'wildfire',
] as const;
export type HazardKind = (typeof HAZARD_KINDS)[number];

/** 0 none · 1 low · 2 moderate · 3 high · 4 very high; editorial, see data/cities/SOURCES.md. */
export type HazardClasses = Readonly<Record<HazardKind, number>>;

/** A place of the list, or one given by coordinates; `city` is its id, or "lat,lon". */
export interface City extends StorePlace {
  readonly name: string;
  /** ISO 3166, two letters; empty if unknown. */
  readonly country: string;
}

interface ListedCity extends City {
  readonly classes: HazardClasses;
  /** Earthquakes of JMA 6-lower or more per year, where a published figure exists. */
  readonly earthquakesPerYear: number | undefined;
}

/** Beyond this a listed city says nothing about a place's grid and hazards. */
export const NEAREST_CITY_KM = 300;

const FOLDER = new URL('../../../data/cities/', import.meta.url);
const MAX_SUGGESTIONS = 3;
/** Names are matched by their letters and figures only; longer input cannot be a name. */
const MAX_TEXT_LENGTH = 100;

function readTable(name: string): CsvRow[] {
  return parseCsv(readFileSync(new URL(name, FOLDER), 'utf8'), `table data/cities/${name}`);
}

function loadCities(): ListedCity[] {
  const rates = new Map<string, number>();
  for (const row of readTable('herp-2018.csv')) {
    const id = csvText(row, 'dc_city_id');
    if (id !== '') rates.set(id, csvNumber(row, 'annual_rate_per_year'));
  }
  return readTable('dc-cities.csv').map((row) => {
    const city = csvText(row, 'id');
    const classOf = (kind: HazardKind): number => csvNumber(row, `class_${kind}`);
    return {
      city,
      name: csvText(row, 'city'),
      country: csvText(row, 'iso2'),
      lat: csvNumber(row, 'lat'),
      lon: csvNumber(row, 'lon'),
      powerArea: csvText(row, 'power_sync_area'),
      classes: Object.fromEntries(
        HAZARD_KINDS.map((kind) => [kind, classOf(kind)]),
      ) as HazardClasses,
      earthquakesPerYear: rates.get(city),
    };
  });
}

let listed: readonly ListedCity[] | undefined;

export function listedCities(): readonly ListedCity[] {
  listed ??= loadCities();
  return listed;
}

/** The closest city of the list, if it is close enough to stand for this place. */
export function nearestCity(place: Coordinates): ListedCity | undefined {
  let best: ListedCity | undefined;
  let bestKm = NEAREST_CITY_KM;
  for (const city of listedCities()) {
    const km = distanceKm(place, city);
    if (km > bestKm) continue;
    best = city;
    bestKm = km;
  }
  return best;
}

/** The entry of the list that speaks for a place: itself, or the nearest one. */
export function listedCityOf(place: StorePlace): ListedCity | undefined {
  return listedCities().find((city) => city.city === place.city) ?? nearestCity(place);
}

// ── From text to a city ───────────────────────────────────────────────────────────────────────────

const COORDINATES = /^\s*([+-]?\d{1,3}(?:\.\d+)?)\s*,\s*([+-]?\d{1,3}(?:\.\d+)?)\s*$/;

/** A grid nobody knows; places in one cell of ten degrees are taken to share it. */
function unknownPowerArea({ lat, lon }: Coordinates): string {
  return `unknown:${Math.round(lat / 10) * 10},${Math.round(lon / 10) * 10}`;
}

function cityAt(place: Coordinates): City {
  const { lat, lon } = place;
  if (Math.abs(lat) > 90 || Math.abs(lon) > 180) {
    throw new KuraError('usage', `there is no place at latitude ${lat}, longitude ${lon}`, {
      guidance: 'Latitude goes from -90 to 90, longitude from -180 to 180.',
    });
  }
  const nearest = nearestCity(place);
  return {
    city: `${lat},${lon}`,
    name: nearest === undefined ? `${lat},${lon}` : `${lat},${lon} near ${nearest.name}`,
    country: nearest?.country ?? '',
    lat,
    lon,
    powerArea: nearest?.powerArea ?? unknownPowerArea(place),
  };
}

/** Lower-case letters and figures, without accents: "São Paulo" and "sao-paulo" are one. */
function fold(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}]/gu, '');
}

/** "Tukwila (Seattle) WA" goes by that, and by "Tukwila", "Tukwila WA" and "Seattle". */
function spellingsOf(city: City): Set<string> {
  const inside = /\(([^)]*)\)/.exec(city.name)?.[1] ?? '';
  const outside = city.name.replace(/\([^)]*\)/, '').trim();
  const withoutState = outside.replace(/ [A-Z]{2}$/, '');
  const names = [city.city, city.name, outside, withoutState, inside].filter((name) => name !== '');
  return new Set(names.flatMap((name) => [fold(name), fold(name + city.country)]));
}

/** Edits that turn one text into the other (Levenshtein), one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function nearestSpellings(wanted: string): string[] {
  const ranked = listedCities().map((city) => ({
    id: city.city,
    edits: Math.min(...[...spellingsOf(city)].map((name) => editDistance(wanted, name))),
  }));
  ranked.sort((a, b) => a.edits - b.edits || (a.id < b.id ? -1 : 1));
  return ranked.slice(0, MAX_SUGGESTIONS).map((entry) => entry.id);
}

function refuseAmbiguous(text: string, candidates: readonly City[]): never {
  const names = candidates.map((city) => `${city.city} (${city.name}, ${city.country})`);
  throw new KuraError('usage', `"${text}" could be ${names.join(' or ')}`, {
    guidance: 'Write one of these ids, or LAT,LON.',
  });
}

/** A city by id, by name, or by "LAT,LON". Throws `usage` with candidates or nearest spellings. */
export function findCity(text: string): City {
  const coordinates = COORDINATES.exec(text);
  if (coordinates !== null) {
    return cityAt({ lat: Number(coordinates[1]), lon: Number(coordinates[2]) });
  }
  const shown = text.slice(0, MAX_TEXT_LENGTH);
  const wanted = fold(shown);
  const guidance = 'Write the id of a city in data/cities/dc-cities.csv, or LAT,LON.';
  if (wanted === '') throw new KuraError('usage', `"${shown}" names no city`, { guidance });
  const cities = listedCities();
  const byId = cities.find((city) => city.city === wanted);
  if (byId !== undefined) return byId;
  const byName = cities.filter((city) => spellingsOf(city).has(wanted));
  const [only] = byName;
  if (only !== undefined && byName.length === 1) return only;
  const startsSo = (city: City): boolean =>
    city.country.toLowerCase() === wanted ||
    [...spellingsOf(city)].some((name) => name.startsWith(wanted));
  const candidates = byName.length > 0 ? byName : cities.filter(startsSo);
  if (candidates.length > 1) refuseAmbiguous(shown, candidates);
  const near = candidates[0] === undefined ? nearestSpellings(wanted) : [candidates[0].city];
  const message = `no city "${shown}" is known; the nearest spellings are ${near.join(', ')}`;
  throw new KuraError('usage', message, { guidance });
}

/** A city as the home of a member. */
export function homeOf(city: City): HomeDescription {
  return { name: city.city, lat: city.lat, lon: city.lon, powerArea: city.powerArea };
}

/** A city as the place of a store: what a store states about itself. */
export function storePlaceOf(city: City): StorePlace {
  return { city: city.city, lat: city.lat, lon: city.lon, powerArea: city.powerArea };
}
