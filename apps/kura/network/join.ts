// The service behind `kura join`: a card, a membership, a home that points to both. Each step is kept before the
// next one, so that a join that was killed is gone on with by the same command.
import { X509Certificate } from 'node:crypto';
import { CardFiles, type CardIdentity, NOT_YET } from '@kura/agent/card/card-files.ts';
import { CardFolder } from '@kura/agent/card/card-folder.ts';
import { openService } from '@kura/agent/network/access.ts';
import { fetchDirectory } from '@kura/agent/network/directory.ts';
import { type Joined, joinNetwork } from '@kura/agent/network/join.ts';
import { policyToPin } from '@kura/agent/network/witness-policy.ts';
import { KuraError, systemAlarmClock } from '@kura/base';
import { parseInvitation } from '@kura/certificates/invitation.ts';
import { keyHashOf } from '@kura/certificates/trust.ts';
import type { HomeDescription } from '@kura/contract';
import { newRoot, type Root, STANDARD_COST, type WrapCost, wordsToRoot } from '@kura/member-seal';
import type { Surroundings } from '../embedded/surroundings.ts';
import { letterKeysOf, tellingOf } from './card-care.ts';
import { cardFolderOf, type HomePointer, readPointer, writePointer } from './home-pointer.ts';
import { type JoinedHome, proxyOf } from './joined-network.ts';

export interface Joining {
  readonly homeFolder: string;
  /** As it was given: "kura-invite:…". */
  readonly invitation: string;
  readonly account: string;
  readonly deviceName: string;
  readonly home: HomeDescription;
  /** Absolute; undefined: in the home. */
  readonly card: string | undefined;
  /** Of the card. */
  readonly passphrase: string;
  readonly loginPassphrase: string;
  readonly environment: JoinedHome['environment'];
  readonly cost?: WrapCost;
}

export interface JoinHome extends Joining {
  /** Of an existing member; undefined: a new root is drawn. */
  readonly words: string | undefined;
}

export async function joinHome(request: JoinHome, surroundings: Surroundings): Promise<void> {
  const { homeFolder, words } = request;
  refuseExisting(homeFolder, surroundings);
  const asked = words === undefined ? undefined : wordsToRoot(words);
  const pointer = await joinWith(asked, request, surroundings);
  await writePointer(surroundings, homeFolder, pointer);
}

/** A card and a membership; what the home has to point to. `asked`: the root; undefined: the card's, or a new one. */
export async function joinWith(
  asked: Root | undefined,
  request: Joining,
  surroundings: Surroundings,
): Promise<HomePointer> {
  const { homeFolder, passphrase, cost = STANDARD_COST } = request;
  const { disk, random } = surroundings;
  const invitation = parseInvitation(request.invitation);
  const proxy = proxyOf([invitation.address], request.environment);
  const folder = request.card ?? cardFolderOf(homeFolder);
  const settings = { disk, random, folder };
  const card = CardFolder.isThere(settings)
    ? await CardFolder.open(settings, passphrase)
    : await CardFolder.make({ ...settings, passphrase, cost });
  const begun = new CardFiles(card, { networkId: NOT_YET, service: 'custody' });
  const root = asked ?? rootOf(begun) ?? newRoot(random);
  const joined = await joinNetwork(
    {
      ...{ invitation, root, account: request.account, loginPassphrase: request.loginPassphrase },
      ...{ deviceName: request.deviceName, home: request.home, proxy },
      keep: (identity) => begun.saveIdentity(identity),
    },
    { clock: systemAlarmClock, random },
  );
  await fillCard(new CardFiles(card, { ...begun.place, networkId: joined.networkId }), {
    ...{ joined, proxy },
    surroundings,
  });
  return { version: 1, networkId: joined.networkId, card: folder };
}

export function refuseExisting(homeFolder: string, { disk }: Surroundings): void {
  const isEmbedded = disk.stat(`${homeFolder}/network.db`) !== undefined;
  if (!isEmbedded && readPointer(disk, homeFolder) === undefined) return;
  throw new KuraError('already_exists', `there is a Kura network in ${homeFolder} already`, {
    guidance: 'Use it, or set KURA_HOME to another folder.',
  });
}

/** Of a join that was begun with this card. */
function rootOf(begun: CardFiles): Root | undefined {
  const identity: CardIdentity | undefined = begun.has('identity') ? begun.identity() : undefined;
  return identity?.root as Root | undefined;
}

export async function fillCard(
  files: CardFiles,
  done: {
    readonly joined: Joined;
    readonly proxy: string | undefined;
    readonly surroundings: Surroundings;
  },
): Promise<void> {
  const { joined, proxy, surroundings } = done;
  const { identity, coordinator, rootPem, memberId, logOrigin, logKey, coordinatorKey } = joined;
  await files.saveIdentity(identity);
  const service = openService(
    {
      ...{ coordinators: [coordinator], gateways: [coordinator], rootPem, proxy },
      identity: identity.deviceTls,
      level: 1,
      limits: { sendBytesPerS: 0, receiveBytesPerS: 0 },
      connections: 1,
    },
    { clock: systemAlarmClock, random: surroundings.random },
  );
  try {
    const cardKeyHash = keyHashOf(new X509Certificate(identity.cardTls.certificatePem));
    const directory = await fetchDirectory(service.coordinator, [], {
      cardKeyHash,
      letterKeys: letterKeysOf(identity, { coordinatorKey }),
    });
    const { described, keyring, stores } = directory;
    await files.saveStores(stores);
    await files.saveNetwork({
      ...{ memberId, rootPem, logOrigin, logKey, coordinatorKey },
      coordinators: [coordinator],
      gateways: described.gateways.length === 0 ? [coordinator] : described.gateways,
      noticeKey: keyring.noticeKey,
      level: described.network.level,
      witnessPolicy: policyToPin(
        { origin: logOrigin, publicKey: logKey },
        { pinned: undefined, told: described.witnessPolicy },
      ),
      ...tellingOf(described.network),
    });
  } finally {
    service.close();
  }
}
