// The network that a store belongs to, as it was told when it enrolled; and the keys that it learns later. JSON, read
// through the same shapes as the wire: a file that somebody else wrote is no reason to believe more.
import { KuraError, MAX_STORES, type StoreId, utf8 } from '@kura/base';
import { MAX_GATEWAYS, MAX_TICKET_KEYS } from '@kura/contract/wire/endpoints/heartbeat.ts';
import {
  hexId,
  type Infer,
  list,
  record,
  type Shape,
  text,
  whole,
} from '@kura/contract/wire/shape.ts';
import { publicKey, storeIdShape } from '@kura/contract/wire/shapes.ts';
import type { TlsIdentity } from '@kura/wire/tls.ts';

const networkFile = record({
  version: whole({ min: 1, max: 1 }),
  networkId: hexId((id) => id, { hexLength: 32 }),
  /** "host:port" of each coordinator. */
  coordinators: list(text({ maxLength: 260 }), { maxItems: MAX_GATEWAYS }),
  /** PEM: the only root that is believed. */
  authorityPem: text({ maxLength: 8192 }),
  coordinatorKey: publicKey,
});
export type NetworkFile = Infer<typeof networkFile>;

const keysFile = record({
  /** "host:port" of every gateway, as heard last. */
  gateways: list(text({ maxLength: 260 }), { maxItems: MAX_GATEWAYS }),
  /** Of what follows, as the coordinator counts it. */
  tick: whole({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  ticketKeys: list(publicKey, { maxItems: MAX_TICKET_KEYS }),
  stores: list(record({ storeId: storeIdShape, publicKey }), { maxItems: MAX_STORES }),
});
export type KeysFile = Infer<typeof keysFile>;

const tlsFile = record({
  certificatePem: text({ maxLength: 16_384 }),
  keyPem: text({ maxLength: 4096 }),
});

export const NO_KEYS: KeysFile = { gateways: [], tick: 0, ticketKeys: [], stores: [] };

function encode<T>(shape: Shape<T>, value: T): Uint8Array {
  return utf8(`${JSON.stringify(shape.write(value))}\n`);
}

function decode<T>(shape: Shape<T>, text: string, name: string): T {
  try {
    return shape.read(JSON.parse(text), '');
  } catch (error) {
    throw new KuraError('corrupt', `the state file ${name} is damaged`, {
      cause: error,
      guidance: 'Put it back from a backup, or enrol the store anew.',
    });
  }
}

export const encodeNetwork = (value: NetworkFile): Uint8Array => encode(networkFile, value);
export const encodeKeys = (value: KeysFile): Uint8Array => encode(keysFile, value);

export const encodeTls = (value: TlsIdentity): Uint8Array => encode(tlsFile, value);

/** Throws `corrupt`. */
export const decodeNetwork = (json: string): NetworkFile =>
  decode(networkFile, json, 'network.json');
export const decodeKeys = (json: string): KeysFile => decode(keysFile, json, 'keys.json');

export const decodeTls = (json: string): TlsIdentity => decode(tlsFile, json, 'tls.json');

export function storeKeysOf({ stores }: KeysFile): ReadonlyMap<StoreId, Uint8Array> {
  return new Map(stores.map((store) => [store.storeId, store.publicKey]));
}
