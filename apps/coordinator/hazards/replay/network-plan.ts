// The network that a replay is played with: stores, members and their packs, from the manifest's `network` or from a
// file of its own. Sizes are those that people name; how they become packs is the harness's affair.
import { MAX_COPIES } from '@kura/base';
import { HIGHEST_LEVEL, LOWEST_LEVEL } from '../../members/level.ts';
import type { Coordinates } from '../../placement/distance.ts';
import type { Building } from '../risk/earthquake.ts';
import { riskParameters } from '../risk/parameters.ts';
import { type Bounds, Fields, readObjectFile, wrong } from './fields.ts';

export interface PlannedStore {
  /** A site of the manifest, or a name of its own with a place. */
  readonly site: string;
  readonly place: Coordinates | undefined;
  readonly capacityGib: number;
  readonly lineMbit: number;
  readonly minimumLevel: number;
  readonly operator: string | undefined;
  readonly building: Building | undefined;
  readonly heightM: number | undefined;
  readonly coastKm: number | undefined;
}

export interface PlannedMember {
  readonly name: string;
  /** A site, or a city. */
  readonly home: string;
  readonly level: number;
  readonly packs: number;
  /** Stores of the first copies; undefined: where placement puts them. */
  readonly copiesAt: readonly string[] | undefined;
  readonly pinned: readonly string[];
  readonly forbidden: readonly string[];
}

export interface NetworkPlan {
  readonly copies: number;
  /** What one pack stands for: lines and stores are measured by it. */
  readonly gibPerPack: number;
  readonly stores: readonly PlannedStore[];
  readonly members: readonly PlannedMember[];
  /** What waits for an operator is approved after so long; undefined: never. */
  readonly approvesAfterMinutes: number | undefined;
}

/** Of all that a manifest or file does not say: a small network on good lines. */
const DEFAULTS = {
  capacityGib: 10_000,
  lineMbit: 1000,
  level: 2,
  packs: 16,
  gibPerPack: 1,
} as const;
const APPROVES_AFTER_MINUTES = 5;
const MAX_STORES = 200;
const MAX_MEMBERS = 200;
const MAX_PACKS = 5000;

const POSITIVE: Bounds = { least: 1e-6, most: 1e9 };
const ANY: Bounds = { least: -1e5, most: 1e5 };
const PACKS: Bounds = { least: 1, most: MAX_PACKS };
const LEVELS: Bounds = { least: LOWEST_LEVEL, most: HIGHEST_LEVEL };

export interface ReadNetwork {
  readonly plan: NetworkPlan;
  /** Fields that nobody looks at. */
  readonly unknown: readonly string[];
}

/** What the short form of a manifest and a file of its own share. */
function planOf(
  fields: Fields,
  rest: Pick<NetworkPlan, 'stores' | 'members'>,
  unknown: readonly string[],
): ReadNetwork {
  const copies = fields.optionalWhole('copies', { least: 1, most: MAX_COPIES }) ?? 2;
  const approvesAfterMinutes = fields.isNull('approves_after_minutes')
    ? undefined
    : (fields.optionalNumber('approves_after_minutes', { least: 0, most: 1e6 }) ??
      APPROVES_AFTER_MINUTES);
  const gibPerPack = fields.optionalNumber('gib_per_pack', POSITIVE) ?? DEFAULTS.gibPerPack;
  fields.prose('name', 'note', 'comment', 'description');
  const plan = { copies, gibPerPack, approvesAfterMinutes, ...rest };
  checkPlan(plan, fields);
  return { plan, unknown: [...unknown, ...fields.unknown()] };
}

/** The `network` of a manifest: one member, and stores by the names of sites, all alike. */
export function readManifestNetwork(value: unknown, path = 'network'): ReadNetwork {
  const fields = new Fields(value, path);
  const store = {
    capacityGib: fields.optionalNumber('capacity_gib', POSITIVE) ?? DEFAULTS.capacityGib,
    lineMbit: fields.optionalNumber('line_mbit', POSITIVE) ?? DEFAULTS.lineMbit,
    minimumLevel: LOWEST_LEVEL,
  };
  const isOneForAll = typeof fields.object.building_class === 'string';
  const common = isOneForAll ? buildingOf(fields, 'building_class') : undefined;
  const buildings =
    fields.has('building_class') && !isOneForAll
      ? new Fields(fields.object.building_class, fields.at('building_class'))
      : undefined;
  const stores = fields.texts('stores').map((site): PlannedStore => {
    const building = buildingOf(buildings, site) ?? common;
    return { ...NO_FACTS, ...store, site, building };
  });
  const member = readMember('member', fields, 'initial_copies_at');
  return planOf(fields, { stores, members: [member] }, buildings?.unknown() ?? []);
}

/**
 * A network file: every store and member by itself, or the `network` of a manifest, as such or in a field of that name.
 * Throws `usage`, `corrupt`, `too_large`.
 */
export function readNetworkFile(bytes: Uint8Array): ReadNetwork {
  const object = readObjectFile(bytes, 'network file');
  if (object.network !== undefined) return readManifestNetwork(object.network);
  if (object.members === undefined) return readManifestNetwork(object, '');
  const fields = new Fields(object, '');
  const unknown: string[] = [];
  const each = <T>(name: string, read: (one: Fields) => T): T[] =>
    fields.list(name).map((value, index) => {
      const object = typeof value === 'string' ? { site: value } : value;
      const one = new Fields(object, `${name}[${index}]`);
      const result = read(one);
      one.prose('note', 'comment', 'description');
      unknown.push(...one.unknown());
      return result;
    });
  const stores = each('stores', readStore);
  const members = each('members', (fields) => readMember(fields.text('name'), fields, 'copies_at'));
  return planOf(fields, { stores, members }, unknown);
}

const NO_FACTS = {
  place: undefined,
  operator: undefined,
  building: undefined,
  heightM: undefined,
  coastKm: undefined,
} as const;

function readStore(fields: Fields): PlannedStore {
  return {
    site: fields.text('site'),
    place: readPlace(fields),
    capacityGib: fields.optionalNumber('capacity_gib', POSITIVE) ?? DEFAULTS.capacityGib,
    lineMbit: fields.optionalNumber('line_mbit', POSITIVE) ?? DEFAULTS.lineMbit,
    minimumLevel: fields.optionalWhole('minimum_level', LEVELS) ?? LOWEST_LEVEL,
    operator: fields.optionalText('operator'),
    building: buildingOf(fields, 'building_class'),
    heightM: fields.optionalNumber('height_m', ANY),
    coastKm: fields.optionalNumber('coast_km', ANY),
  };
}

function readMember(name: string, fields: Fields, copiesField: string): PlannedMember {
  const copiesAt = fields.texts(copiesField);
  return {
    name,
    home: fields.text('home'),
    level: fields.optionalWhole('level', LEVELS) ?? DEFAULTS.level,
    packs: fields.optionalWhole('packs', PACKS) ?? DEFAULTS.packs,
    copiesAt: copiesAt.length === 0 ? undefined : copiesAt,
    pinned: fields.texts('pinned'),
    forbidden: fields.texts('forbidden'),
  };
}

function readPlace(fields: Fields): Coordinates | undefined {
  const lat = fields.optionalNumber('lat', { least: -90, most: 90 });
  const lon = fields.optionalNumber('lon', { least: -180, most: 180 });
  if (lat === undefined && lon === undefined) return undefined;
  if (lat !== undefined && lon !== undefined) return { lat, lon };
  throw wrong(fields.path, 'has only one of lat and lon');
}

const CODE = /^(?<type>[A-Z]+\d?[A-Z]*)(?:,?\s+(?<code>pre|low|moderate|high))?(?:[- ]code)?$/;

/** "C2M high code": a HAZUS class, and how strictly it was built. */
function buildingOf(fields: Fields | undefined, name: string): Building | undefined {
  const text = fields?.optionalText(name);
  if (fields === undefined || text === undefined) return undefined;
  const groups = CODE.exec(text)?.groups;
  const building = { type: groups?.type ?? '', code: groups?.code ?? 'high' };
  if (groups !== undefined && isListed(building)) return building;
  throw wrong(fields.at(name), `is no building class that is known: "${text}"`);
}

const isListed = ({ type, code }: Building): boolean =>
  riskParameters().earthquake.medianAccelerationG[type]?.[code] !== undefined;

function checkPlan({ copies, stores, members }: NetworkPlan, fields: Fields): void {
  const refuse = (name: string, what: string): never => {
    throw wrong(name === '' ? fields.path : fields.at(name), what);
  };
  if (stores.length < copies) refuse('stores', `must name at least ${copies} stores`);
  if (stores.length > MAX_STORES) refuse('stores', `must name at most ${MAX_STORES} stores`);
  if (members.length === 0) refuse('members', 'must name a member');
  if (members.length > MAX_MEMBERS) refuse('members', `must name at most ${MAX_MEMBERS} members`);
  const packs = members.reduce((sum, member) => sum + member.packs, 0);
  if (packs > MAX_PACKS) refuse('members', `have ${packs} packs, ${MAX_PACKS} at most`);
  const names = new Set(stores.map(({ site }) => site));
  if (names.size < stores.length) refuse('stores', 'names a store twice');
  if (new Set(members.map(({ name }) => name)).size < members.length) {
    refuse('members', 'names a member twice');
  }
  for (const { name, copiesAt = [] } of members) {
    const where = `of ${name}`;
    const stranger = copiesAt.find((site) => !names.has(site));
    if (stranger !== undefined)
      refuse('', `puts first copies ${where} at "${stranger}", which is no store`);
    if (new Set(copiesAt).size < copiesAt.length) {
      refuse('', `puts two first copies ${where} at one store`);
    }
    if (copiesAt.length > MAX_COPIES)
      refuse('', `puts more than ${MAX_COPIES} first copies ${where}`);
  }
}
