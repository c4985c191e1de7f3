// A manifest of a replay: what the world said, when each of it was first known, and what must be true of what the
// network made of it. Schema: data/hazards/replay/SCHEMA.md; written by strangers, so everything is checked before
// anything is played.
import { KuraError } from '@kura/base';
import type { Coordinates } from '../../placement/distance.ts';
import { type EventSource, SOURCES } from '../events/hazard-event.ts';
import { asObject, type JsonObject, objectIn } from '../feeds/formats/json.ts';
import { type Check, readChecks } from './check.ts';
import { Fields, readObjectFile, wrong } from './fields.ts';
import { type NetworkPlan, readManifestNetwork } from './network-plan.ts';

export interface RecordedStep {
  /** Nothing of it is known before. */
  readonly atMs: number;
  readonly source: EventSource;
  /** Relative to the manifest's data; undefined for a store's own word. */
  readonly file: string | undefined;
  readonly json: JsonObject;
}

export interface Manifest {
  readonly name: string;
  /** When the hazard began, or when the first step was known. */
  readonly startMs: number;
  readonly sites: ReadonlyMap<string, Coordinates>;
  readonly network: NetworkPlan | undefined;
  /** In the order of time. */
  readonly steps: readonly RecordedStep[];
  readonly checks: readonly Check[];
  /** Fields that nobody looks at, as a path each. */
  readonly unknown: readonly string[];
}

const MAX_STEPS = 20_000;
const MAX_SITES = 500;
const SITE_NAME = /^[^\p{Control}]{1,80}$/u;

/** Throws `usage`, `corrupt` or `too_large` with the first thing that is wrong, in one sentence. */
export function readManifest(bytes: Uint8Array): Manifest {
  const fields = new Fields(readObjectFile(bytes, 'manifest'), '');
  const sites = readSites(fields);
  const steps = readSteps(fields, sites);
  const names = new Set(sites.keys());
  const checks = readChecks(fields.list('checks'), names);
  const network = fields.has('network') ? readManifestNetwork(fields.object.network) : undefined;
  const name = fields.optionalText('name') ?? 'replay';
  const startMs = fields.optionalTime('t0') ?? steps[0]?.atMs ?? 0;
  fields.prose('note', 'caveat', 'comment', 'description', 'assertions');
  // What really happened, for people: a network that could read it would know the future.
  fields.prose(...Object.keys(fields.object).filter((key) => /^(?:truth|observed)/.test(key)));
  const unknown = [...fields.unknown(), ...checks.unknown, ...(network?.unknown ?? [])];
  return { name, startMs, sites, network: network?.plan, steps, checks: checks.checks, unknown };
}

function readSites(fields: Fields): Map<string, Coordinates> {
  const path = fields.at('sites');
  const sites = fields.has('sites') ? objectIn(fields.object, 'sites') : undefined;
  if (sites === undefined) throw wrong(path, 'is missing: it must be an object of places');
  const found = new Map<string, Coordinates>();
  for (const [name, value] of Object.entries(sites)) {
    if (!SITE_NAME.test(name)) throw wrong(`${path}.${name.slice(0, 80)}`, 'is no name of a site');
    const [lat, lon] = Array.isArray(value) ? value : [];
    const isPlace =
      typeof lat === 'number' &&
      typeof lon === 'number' &&
      Math.abs(lat) <= 90 &&
      Math.abs(lon) <= 180;
    if (!isPlace) throw wrong(`${path}.${name}`, 'must be [latitude, longitude]');
    found.set(name, { lat, lon });
  }
  if (found.size === 0) throw wrong(path, 'must name at least one place');
  if (found.size > MAX_SITES) throw wrong(path, `must name at most ${MAX_SITES} places`);
  return found;
}

function readSteps(
  fields: Fields,
  sites: ReadonlyMap<string, Coordinates>,
): readonly RecordedStep[] {
  const list = fields.list('steps');
  if (list.length === 0) throw wrong(fields.at('steps'), 'must have at least one step');
  if (list.length > MAX_STEPS) throw wrong(fields.at('steps'), `has more than ${MAX_STEPS} steps`);
  const steps = list.map((value, index) => readStepFields(value, `steps[${index}]`, sites));
  return steps.sort((a, b) => a.atMs - b.atMs);
}

function readStepFields(
  value: unknown,
  path: string,
  sites: ReadonlyMap<string, Coordinates>,
): RecordedStep {
  const fields = new Fields(value, path);
  const atMs = fields.time('available_at');
  const source = sourceOf(fields.text('source'));
  const json = { ...asObject(value), source };
  if (source !== 'store') return { atMs, source, file: fields.text('file'), json };
  const site = fields.text('site');
  if (!sites.has(site)) throw wrong(fields.at('site'), `names no site of the manifest: "${site}"`);
  if (typeof fields.object.utility_power !== 'boolean') {
    throw wrong(fields.at('utility_power'), 'must be true or false');
  }
  fields.optionalNumber('fuel_hours', { least: 0, most: 10_000 });
  return { atMs, source, file: undefined, json };
}

/** Other names of feeds that are read; whoever is not known may speak CAP. */
const ALIASES: Readonly<Record<string, EventSource>> = {
  atcf: 'nhc',
  jtwc: 'nhc',
  noaa: 'nws',
  pager: 'usgs',
  shakemap: 'usgs',
};

function sourceOf(name: string): EventSource {
  const known = name.toLowerCase();
  return SOURCES.find((source) => source === known) ?? ALIASES[known] ?? 'cap';
}

/** Where a file of a step may be: inside these folders, and nowhere else. */
export function refuseEscape(file: string): void {
  const isInside = !/^(?:[/\\]|[a-z]:)/i.test(file) && !file.split(/[/\\]/).includes('..');
  if (isInside && !file.includes('\0')) return;
  throw new KuraError('hostile', `the step's file "${file.slice(0, 80)}" is outside of the data`, {
    guidance: 'Name files relative to the folder of the manifest, or to the one above it.',
  });
}
