// A disaster that somebody imagines, from a small JSON file (docs/operate/hazards.md), as events like those of feeds.
// Nothing of it is ever written down: it is only asked what would follow.
import { HOUR_MS, KuraError, type StoreId } from '@kura/base';
import { listedCities } from '../../placement/cities.ts';
import type { Coordinates } from '../../placement/distance.ts';
import {
  CERTAINTIES,
  EVENT_KINDS,
  type EventKind,
  type HazardEvent,
  SEVERITIES,
  type Shape,
  type Zone,
} from '../events/hazard-event.ts';
import {
  asObject,
  type JsonObject,
  listIn,
  numberIn,
  parseJson,
  textIn,
} from '../feeds/formats/json.ts';

export interface Scenario {
  readonly title: string;
  readonly events: readonly HazardEvent[];
}

export interface ScenarioWorld {
  readonly nowMs: number;
  readonly stores: readonly { readonly storeId: StoreId; readonly powerArea: string }[];
}

const VERSION = 1;
const MAX_EVENTS = 50;
const MAX_ZONES = 100;
const MAX_RADIUS_KM = 3000;
const MAX_TITLE = 200;
const DEFAULT_DEPTH_KM = 20;
const DEFAULT_HOURS = 24;

function refuse(where: string, why: string): never {
  throw new KuraError('usage', `the scenario makes no sense: ${where} ${why}`, {
    guidance: 'See docs/operate/hazards.md and data/hazards/scenarios.',
  });
}

/** Throws `usage` with what is wrong and where, `corrupt` for what is no JSON. */
export function parseScenario(text: string, world: ScenarioWorld): Scenario {
  const json = parseJson(Buffer.from(text), 'the scenario');
  if (json.scenario !== VERSION) refuse('"scenario"', `is not ${VERSION}`);
  const title = textIn(json, 'title').slice(0, MAX_TITLE);
  if (title === '') refuse('"title"', 'is missing');
  const given = objectsIn(json, 'events', '');
  if (given.length === 0 || given.length > MAX_EVENTS) {
    refuse('"events"', `has ${given.length} entries, 1 to ${MAX_EVENTS} are meant`);
  }
  const events = given.flatMap((one, index) =>
    eventsOf(one, { title, where: `events[${index}]`, world }),
  );
  return { title, events };
}

function objectsIn(json: JsonObject, name: string, where: string): readonly JsonObject[] {
  return listIn(json, name).map(
    (item, index) => asObject(item) ?? refuse(`${where}${name}[${index}]`, 'is no object'),
  );
}

interface EventInput {
  readonly title: string;
  readonly where: string;
  readonly world: ScenarioWorld;
}

function eventsOf(json: JsonObject, input: EventInput): readonly HazardEvent[] {
  const { where, world } = input;
  const kind = EVENT_KINDS.find((one) => one === json.kind);
  if (kind === undefined) return refuse(`${where}.kind`, `is none of ${EVENT_KINDS.join(', ')}`);
  if (kind === 'power') return blackout(json, input);
  const zones = objectsIn(json, 'zones', `${where}.`).map((zone, index) =>
    zoneOf(zone, `${where}.zones[${index}]`),
  );
  if (zones.length > MAX_ZONES) refuse(`${where}.zones`, `are more than ${MAX_ZONES}`);
  const quake = kind === 'earthquake' ? { earthquake: quakeOf(json, where, world) } : {};
  if (kind !== 'earthquake' && zones.length === 0) refuse(`${where}.zones`, 'are missing');
  return [{ ...plainEvent(kind, json, input), zones, ...worstOf(zones), ...quake }];
}

function plainEvent(
  kind: EventKind,
  json: JsonObject,
  { title, where, world }: EventInput,
): HazardEvent {
  const onsetHours = numberIn(json, 'onset_hours') ?? 0;
  const lastsHours = numberIn(json, 'lasts_hours') ?? DEFAULT_HOURS;
  if (!(onsetHours >= 0) || !(lastsHours > 0)) refuse(where, 'begins or ends in no time');
  const onsetMs = world.nowMs + onsetHours * HOUR_MS;
  return {
    id: `scenario/${kind}/${where}`,
    names: [],
    kind,
    source: 'store',
    sources: ['store'],
    title,
    severity: 'extreme',
    certainty: 'observed',
    urgency: 'immediate',
    zones: [],
    onsetMs,
    endMs: onsetMs + lastsHours * HOUR_MS,
    isEndAssumed: false,
    sentMs: world.nowMs,
    firstSeenMs: world.nowMs,
    changedMs: world.nowMs,
    state: 'active',
    chain: [],
    hints: [],
  };
}

function quakeOf(json: JsonObject, where: string, { nowMs }: ScenarioWorld) {
  const magnitude = numberIn(json, 'magnitude');
  if (magnitude === undefined || magnitude < 3 || magnitude > 10) {
    return refuse(`${where}.magnitude`, 'is not between 3 and 10');
  }
  const depthKm = numberIn(json, 'depth_km') ?? DEFAULT_DEPTH_KM;
  if (!(depthKm >= 0 && depthKm <= 700)) refuse(`${where}.depth_km`, 'is not between 0 and 700');
  const epicentre = placeOf(json, where);
  return { originMs: nowMs, epicentre, depthKm, magnitude, isMagnitudeAssumed: false };
}

/** The grid of a whole power area is gone: every store there says so. */
function blackout(json: JsonObject, input: EventInput): readonly HazardEvent[] {
  const { where, world } = input;
  const area = textIn(json, 'power_area');
  const isListed = listedCities().some(({ powerArea }) => powerArea === area);
  if (!isListed)
    refuse(`${where}.power_area`, `"${area.slice(0, 40)}" is not in the list of cities`);
  const fuelHours = numberIn(json, 'fuel_hours');
  return world.stores
    .filter(({ powerArea }) => powerArea === area)
    .map(({ storeId }) => ({
      ...plainEvent('power', json, input),
      id: `scenario/power/${where}/${storeId}`,
      outage: {
        site: storeId,
        isGridDown: true,
        ...(fuelHours === undefined ? {} : { fuelHours }),
      },
    }));
}

function zoneOf(json: JsonObject, where: string): Zone {
  const intensity = numberIn(json, 'intensity_mmi');
  if (intensity !== undefined && !(intensity >= 1 && intensity <= 12)) {
    refuse(`${where}.intensity_mmi`, 'is not between 1 and 12');
  }
  const severity = json.severity ?? 'extreme';
  const certainty = json.certainty ?? 'observed';
  return {
    shapes: [shapeOf(json, where)],
    codes: [],
    unplaced: 0,
    severity: SEVERITIES.find((one) => one === severity) ?? refuse(`${where}.severity`, 'is none'),
    certainty:
      CERTAINTIES.find((one) => one === certainty) ?? refuse(`${where}.certainty`, 'is none'),
    urgency: 'immediate',
    ...(intensity === undefined ? {} : { intensityMmi: intensity }),
  };
}

function shapeOf(json: JsonObject, where: string): Shape {
  const radiusKm = numberIn(json, 'radius_km');
  if (radiusKm === undefined || !(radiusKm > 0 && radiusKm <= MAX_RADIUS_KM)) {
    return refuse(`${where}.radius_km`, `is not between 0 and ${MAX_RADIUS_KM}`);
  }
  return { type: 'circle', centre: placeOf(json, where), radiusKm };
}

function placeOf(json: JsonObject, where: string): Coordinates {
  const [lat, lon] = [numberIn(json, 'lat'), numberIn(json, 'lon')];
  const isPlace =
    lat !== undefined && lon !== undefined && Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
  return isPlace ? { lat, lon } : refuse(where, 'has no "lat" and "lon"');
}

function worstOf(zones: readonly Zone[]): Pick<HazardEvent, 'severity' | 'certainty'> {
  const [zone] = zones;
  return { severity: zone?.severity ?? 'extreme', certainty: zone?.certainty ?? 'observed' };
}
