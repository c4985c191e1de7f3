// Brings to the card what the network says today: stores, their addresses and copy keys, and grants. What a card
// knows of a store that the network no longer names is kept: copies of before may lie there.
import { equalBytes, storeId as parseStoreId, type StoreId, toHex } from '@kura/base';
import type { CardStore } from '@kura/contract/wire/card-store.ts';
import { NETWORK_ENDPOINTS as NETWORK } from '@kura/contract/wire/endpoints/network.ts';
import type { LetterKeys } from '@kura/copy-seal';
import type { EndpointClient } from '@kura/wire/client/client.ts';

import {
  type CopyKeyring,
  type DescribedNetwork,
  describeNetwork,
  fetchCopyKeys,
} from './describe-network.ts';

export interface Directory {
  readonly described: DescribedNetwork;
  readonly keyring: CopyKeyring;
  readonly stores: readonly CardStore[];
}

export interface CardKeys {
  /** Of the card that takes it; grants for another one are of no use on it. */
  readonly cardKeyHash: Uint8Array;
  readonly letterKeys: LetterKeys;
}

export async function fetchDirectory(
  client: EndpointClient,
  known: readonly CardStore[],
  { cardKeyHash, letterKeys }: CardKeys,
): Promise<Directory> {
  const [described, keyring, { grants }] = await Promise.all([
    describeNetwork(client),
    fetchCopyKeys(client, letterKeys),
    client.call(NETWORK.grants, {}),
  ]);
  const mine = grants.filter((grant) => equalBytes(keyOfGrant(grant), cardKeyHash));
  const grantOf = new Map(mine.map((grant) => [storeOfGrant(grant), grant]));
  const now = described.network.stores.flatMap(({ identity }) => {
    const { storeId } = identity;
    const place = described.places.get(storeId);
    const copyKey = keyring.copyKeys.get(storeId);
    const pseudonym = keyring.pseudonyms.get(storeId);
    if (place === undefined || copyKey === undefined || pseudonym === undefined) return [];
    const { kind, readers } = place;
    return [{ identity, kind, readers, copyKey, pseudonym, grant: grantOf.get(storeId) }];
  });
  const named = new Set(now.map(({ identity }) => identity.storeId));
  const before = known.filter(({ identity }) => !named.has(identity.storeId));
  return { described, keyring, stores: [...now, ...before] };
}

/** Version, signer and serial stand before it (docs/design/protocol.md). */
const STORE_AT = 1 + 8 + 8;
const STORE_ID_BYTES = 16;
/** After the store and the pseudonym. */
const KEY_AT = STORE_AT + 16 + 16;
const KEY_HASH_BYTES = 32;

/** A grant is opened by the store that it is for; the card only has to know which. */
function storeOfGrant(grant: Uint8Array): StoreId {
  return parseStoreId(toHex(grant.subarray(STORE_AT, STORE_AT + STORE_ID_BYTES)));
}

function keyOfGrant(grant: Uint8Array): Uint8Array {
  return grant.subarray(KEY_AT, KEY_AT + KEY_HASH_BYTES);
}
