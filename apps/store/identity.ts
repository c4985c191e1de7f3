// The record of a shelf, `kura-store.json`: who the store is, where it stands, what it may hold,
// and whose orders it obeys. No secret in it; the signing seed is in `identity.key`. Every field
// is checked when it is read, because the folder may lie on a disk that anyone can write to.
import {
  fromHex,
  GIB,
  KIB,
  KuraError,
  type MemberId,
  MIB,
  memberId,
  type NetworkShape,
  storeId,
  toHex,
} from '@kura/base';
import type { StoreIdentity, StorePlace } from '@kura/contract';
import { CIPHERS } from '@kura/native';
import { PAGE_BYTES } from './shelf/layout.ts';

/** More members than this on one folder shelf would make its record slow to rewrite. */
export const MAX_OWNERS = 1024;
export const MAX_RECORD_BYTES = 256 * KIB;
const MAX_TEXT = 128;
/** Bounds of a shape, so that a hostile record cannot make anyone allocate without limit. */
const MAX_LEAVES = 4096;
const MAX_LEAF_BYTES = 1 * MIB;
const MAX_CHUNK_BYTES = 64 * MIB;
const MAX_SHARE_BYTES = 4 * GIB;

export interface ShelfRecord {
  readonly identity: StoreIdentity;
  readonly shape: NetworkShape;
  /** Ed25519 keys that sign destroy-pack warrants, per member. */
  readonly owners: ReadonlyMap<MemberId, Uint8Array>;
  /** Ed25519 key that signs retire-copy warrants. */
  readonly coordinatorKey: Uint8Array;
}

export function encodeRecord(record: ShelfRecord): Uint8Array {
  const { identity, shape } = record;
  const owners: Record<string, string> = {};
  for (const [member, key] of record.owners) owners[member] = toHex(key);
  const fields = {
    version: 1,
    store: identity.storeId,
    key: toHex(identity.publicKey),
    suite: identity.suite,
    place: identity.place,
    inventory_epoch: identity.inventoryEpoch,
    shape,
    coordinator: toHex(record.coordinatorKey),
    owners,
  };
  return new Uint8Array(Buffer.from(`${JSON.stringify(fields)}\n`, 'utf8'));
}

/** Throws `corrupt`, naming the field, or `unsupported` for a later version. */
export function decodeRecord(bytes: Uint8Array): ShelfRecord {
  if (bytes.length > MAX_RECORD_BYTES) damaged('it is too long');
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    damaged('it is not JSON');
  }
  const fields = new Fields(parsed, '');
  const version = fields.whole('version', 1, Number.MAX_SAFE_INTEGER);
  if (version !== 1) {
    throw new KuraError('unsupported', `the store's record has version ${version}`, {
      guidance: 'This store was made by a later Kura; use that one.',
    });
  }
  const suite = fields.text('suite');
  if (!(CIPHERS as readonly string[]).includes(suite)) damaged('suite is unknown');
  return {
    identity: {
      storeId: fields.id('store', storeId),
      publicKey: fields.key('key'),
      suite,
      place: readPlace(fields.inner('place')),
      inventoryEpoch: fields.whole('inventory_epoch', 1, Number.MAX_SAFE_INTEGER),
    },
    shape: readShape(fields.inner('shape')),
    coordinatorKey: fields.key('coordinator'),
    owners: readOwners(fields.inner('owners')),
  };
}

function readPlace(fields: Fields): StorePlace {
  return {
    city: fields.text('city'),
    lat: fields.number('lat', -90, 90),
    lon: fields.number('lon', -180, 180),
    powerArea: fields.text('powerArea'),
  };
}

function readShape(fields: Fields): NetworkShape {
  const size = (name: string): number => fields.whole(name, 1, MAX_CHUNK_BYTES);
  const leafBytes = fields.whole('leafBytes', 1, MAX_LEAF_BYTES);
  if (leafBytes % PAGE_BYTES !== 0) damaged('shape.leafBytes is not whole pages');
  const [small, middle, large] = fields.threeWhole('packLeaves', 1, MAX_LEAVES);
  if (small >= middle || middle >= large) damaged('shape.packLeaves do not ascend');
  return {
    leafBytes,
    packLeaves: [small, middle, large],
    windowLeaves: fields.whole('windowLeaves', 1, MAX_LEAVES),
    minChunkBytes: size('minChunkBytes'),
    averageChunkBytes: size('averageChunkBytes'),
    maxChunkBytes: size('maxChunkBytes'),
    shareBytes: fields.whole('shareBytes', 1, MAX_SHARE_BYTES),
    smallChunkBytes: size('smallChunkBytes'),
    frameBytes: size('frameBytes'),
  };
}

function readOwners(fields: Fields): Map<MemberId, Uint8Array> {
  const owners = new Map<MemberId, Uint8Array>();
  const names = fields.names();
  if (names.length > MAX_OWNERS) damaged('it has too many owners');
  for (const name of names) owners.set(asId(name, memberId, 'owners'), fields.key(name));
  return owners;
}

function damaged(why: string): never {
  throw new KuraError('corrupt', `the store's record is damaged: ${why}`, {
    guidance: 'Restore kura-store.json from a copy, or found the store anew in an empty folder.',
  });
}

function asId<T>(text: string, parse: (text: string) => T, field: string): T {
  try {
    return parse(text);
  } catch {
    return damaged(`${field} is malformed`);
  }
}

/** One JSON object, read field by field; whatever is not as it must be is `corrupt`. */
class Fields {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      damaged(`${path === '' ? 'the whole' : path} is no object`);
    }
    this.#fields = value as Readonly<Record<string, unknown>>;
    this.#path = path;
  }

  #wrong(name: string): never {
    return damaged(`${this.#path}${name} is missing or malformed`);
  }

  names(): string[] {
    return Object.keys(this.#fields);
  }

  inner(name: string): Fields {
    return new Fields(this.#fields[name], `${this.#path}${name}.`);
  }

  text(name: string): string {
    const value = this.#fields[name];
    if (typeof value !== 'string' || value.length > MAX_TEXT) this.#wrong(name);
    return value;
  }

  number(name: string, least: number, most: number): number {
    const value = this.#fields[name];
    if (typeof value !== 'number' || !(value >= least && value <= most)) this.#wrong(name);
    return value;
  }

  whole(name: string, least: number, most: number): number {
    const value = this.number(name, least, most);
    return Number.isInteger(value) ? value : this.#wrong(name);
  }

  threeWhole(name: string, least: number, most: number): [number, number, number] {
    const value = this.#fields[name];
    if (!Array.isArray(value) || value.length !== 3) this.#wrong(name);
    const list = new Fields({ ...value }, `${this.#path}${name}.`);
    const at = (index: number): number => list.whole(String(index), least, most);
    return [at(0), at(1), at(2)];
  }

  id<T>(name: string, parse: (text: string) => T): T {
    return asId(this.text(name), parse, name);
  }

  /** 32 bytes in hex. */
  key(name: string): Uint8Array {
    const text = this.text(name);
    if (!/^[0-9a-f]{64}$/.test(text)) this.#wrong(name);
    return fromHex(text);
  }
}
