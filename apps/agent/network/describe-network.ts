// What a device is told of its network: the description that every part of the agent works with, and beside it
// where copies are read. Keys of copies come in a call of their own.
import { KuraError, type MemberId, type NetworkShape, type StoreId } from '@kura/base';
import type { NetworkDescription } from '@kura/contract';
import { NETWORK_ENDPOINTS, type networkShape } from '@kura/contract/wire/endpoints/network.ts';
import { readKeyring } from '@kura/contract/wire/keyring-body.ts';
import type { Infer } from '@kura/contract/wire/shape.ts';
import { type LetterKeys, openLetter } from '@kura/copy-seal/letters.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';

/** Where the copies of one store are read. */
export interface ReadingPlace {
  /** strict: through a gateway · readable: at its readers. */
  readonly kind: 'strict' | 'readable';
  /** "host:port" */
  readonly readers: readonly string[];
}

export interface DescribedNetwork {
  readonly network: NetworkDescription;
  readonly gateways: readonly string[];
  readonly places: ReadonlyMap<StoreId, ReadingPlace>;
  /** The witnesses that it names today, as C2SP tlog-policy has it; undefined: it knows of none. */
  readonly witnessPolicy: string | undefined;
  /** It was rebuilt, and does not know yet what only this member's card knows. */
  readonly awaitsReturns: boolean;
}

export async function describeNetwork(client: EndpointClient): Promise<DescribedNetwork> {
  const { stores, shape, gateways, witnessPolicy, awaitsReturns, ...rest } = await client.call(
    NETWORK_ENDPOINTS.describeMine,
    {},
  );
  return {
    network: {
      ...rest,
      shape: networkShapeOf(shape),
      stores: stores.map(({ awaySinceMs, riskNow, danger, kind, readers, ...store }) => ({
        ...store,
        ...(riskNow === undefined ? {} : { riskNow }),
        ...(danger === undefined ? {} : { danger }),
        ...(awaySinceMs === undefined ? {} : { awaySinceMs }),
        location: readers[0] ?? kind,
      })),
    },
    ...{ gateways, witnessPolicy, awaitsReturns: awaitsReturns ?? false },
    places: new Map(
      stores.map(({ identity, kind, readers }) => [identity.storeId, { kind, readers }]),
    ),
  };
}

/**
 * As it travels and as cards keep it, the sizes of packs are a list. Throws `corrupt` unless they are three, rising.
 */
export function networkShapeOf(shape: Infer<typeof networkShape>): NetworkShape {
  const [small, medium, large, ...more] = shape.packLeaves;
  const isRising =
    small !== undefined && medium !== undefined && large !== undefined && small < medium;
  if (isRising && medium < large && more.length === 0) {
    return { ...shape, packLeaves: [small, medium, large] };
  }
  throw new KuraError('corrupt', 'the network has no three sizes of packs', {
    guidance: 'Another version may run there.',
  });
}

export interface CopyKeyring {
  /** Takes the outer cipher off what lies at a store. */
  readonly copyKeys: ReadonlyMap<StoreId, Uint8Array>;
  /** What this member is called there. */
  readonly pseudonyms: ReadonlyMap<StoreId, MemberId>;
  readonly noticeKey: Uint8Array;
  /** Of the newest notice when this was asked. */
  readonly notices: number;
}

/** `letterKeys`: the keyring is sealed to the member (B5). Throws `refused` for another's. */
export async function fetchCopyKeys(
  client: EndpointClient,
  letterKeys: LetterKeys,
): Promise<CopyKeyring> {
  const { sealed } = await client.call(NETWORK_ENDPOINTS.copyKeys, {});
  const { keys, noticeKey, notices } = readKeyring(openLetter('keyring', sealed, letterKeys));
  return {
    copyKeys: new Map(keys.map(({ storeId, copyKey }) => [storeId, copyKey])),
    pseudonyms: new Map(keys.map(({ storeId, pseudonym }) => [storeId, pseudonym])),
    noticeKey,
    notices,
  };
}
