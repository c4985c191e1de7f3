// What a home does to keep its card true: what the network says of stores and keys today is on it, and whatever a
// session changes is in a catalogue that it can find.
import { X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { CardFiles, CardIdentity, CardNetwork } from '@kura/agent/card/card-files.ts';
import { KeptCoordinator } from '@kura/agent/card/kept-coordinator.ts';
import type { HistoryMemory } from '@kura/agent/heads/history-memory.ts';
import type { Service } from '@kura/agent/network/access.ts';
import { type Directory, fetchDirectory } from '@kura/agent/network/directory.ts';
import { RemotePackSink } from '@kura/agent/network/remote-pack-sink.ts';
import { renewedIdentity } from '@kura/agent/network/renew.ts';
import { policyToPin } from '@kura/agent/network/witness-policy.ts';
import { systemAlarmClock } from '@kura/base';
import { keyHashOf } from '@kura/certificates/trust.ts';
import type { NetworkDescription } from '@kura/contract';
import type { LetterKeys } from '@kura/copy-seal';
import {
  type DeviceKey,
  deriveServiceKeys,
  deviceIdOf,
  type MemberKeys,
  type Root,
} from '@kura/member-seal';
import { loadNative } from '@kura/native';
import type { Surroundings } from '../embedded/surroundings.ts';

/** What the network says now, with what only the card knows of stores that are gone. */
export function fetchFor(files: CardFiles, { coordinator }: Service): Promise<Directory> {
  const { certificatePem } = files.identity().cardTls;
  const cardKeyHash = keyHashOf(new X509Certificate(certificatePem));
  const letterKeys = letterKeysOf(files.identity(), files.network());
  return fetchDirectory(coordinator, files.stores(), { cardKeyHash, letterKeys });
}

/** What letters of this network to this member are opened with. */
export function letterKeysOf(
  { root }: Pick<CardIdentity, 'root'>,
  { coordinatorKey }: Pick<CardNetwork, 'coordinatorKey'>,
): LetterKeys {
  const { noticeSeed, noticeKey } = deriveServiceKeys(root as Root);
  return { noticeSeed, noticeKey, coordinatorKey };
}

/** Only what is new is written: a stick lives longer, and one that cannot be written can be read. */
export async function bringUpToDate(
  files: CardFiles,
  { described, stores }: Directory,
  { service, random }: { readonly service: Service } & Pick<Surroundings, 'random'>,
): Promise<void> {
  if (files.areOther(stores)) await files.saveStores(stores);
  const known = files.network();
  const log = { origin: known.logOrigin, publicKey: known.logKey };
  const policies = { pinned: known.witnessPolicy, told: described.witnessPolicy };
  const witnessPolicy = policyToPin(log, policies);
  const told = { ...known, ...tellingOf(described.network), witnessPolicy };
  if (!isDeepStrictEqual(told, known)) await files.saveNetwork(told);
  const identity = files.identity();
  const around = { clock: systemAlarmClock, random };
  const deviceTls = await renewedIdentity(identity.deviceTls, service.coordinator, around);
  if (deviceTls !== undefined) await files.saveIdentity({ ...identity, deviceTls });
}

/** What the card has to know of the network for whoever reads with it alone. */
export function tellingOf({
  shape,
  home,
  copies,
  removalDelayMs,
}: NetworkDescription): Pick<CardNetwork, 'shape' | 'home' | 'copies' | 'removalDelayMs'> {
  return { shape, home, copies, removalDelayMs };
}

export interface KeptParts extends Pick<Surroundings, 'native' | 'random'> {
  readonly files: CardFiles;
  readonly service: Service;
  readonly directory: Directory;
  readonly keys: MemberKeys;
  readonly history: HistoryMemory;
  readonly awaitsReturns: boolean;
  readonly warn: (message: string) => void;
}

/** The network's tables, whose every change is on the card as well. */
export function keptCoordinator(parts: KeptParts): KeptCoordinator {
  const { files, service, directory, keys, history, native, random, warn } = parts;
  const { network } = directory.described;
  const { shape } = network;
  const identity = files.identity();
  const device = deviceOf(identity);
  return new KeptCoordinator({
    ...{ client: service.coordinator, level: files.network().level, card: files },
    ...{ random, warn },
    owner: { memberId: network.memberId, ownerSeed: keys.ownerSeed },
    catalogueKey: deriveServiceKeys(identity.root as Root).catalogueKey,
    stores: directory.stores,
    notices: directory.keyring.notices,
    awaitsReturns: parts.awaitsReturns,
    history,
    toolsFor: (session) => ({
      ...{ keys, device, random, shape, bulk: native.bulk },
      sink: new RemotePackSink({
        ...{ client: service.gateway, shape, session, clock: systemAlarmClock },
        deviceSeed: device.seed,
        meet: async () => undefined,
      }),
      check: {
        identities: new Map(network.stores.map(({ identity: one }) => [one.storeId, one])),
        copyKeys: directory.keyring.copyKeys,
        bulk: loadNative('twin').bulk,
        shape,
      },
    }),
  });
}

export function deviceOf({ device }: CardIdentity): DeviceKey {
  return { ...device, deviceId: deviceIdOf(device.publicKey) };
}
