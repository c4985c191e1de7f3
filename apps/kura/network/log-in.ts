// The services behind `kura login` and `kura join` on a further device: a certificate by account and login passphrase.
// The keys are the member's own, from a card or the recovery words; the service keeps nothing that opens them.
import { X509Certificate } from 'node:crypto';
import { CardFiles, type CardIdentity, NOT_YET } from '@kura/agent/card/card-files.ts';
import { CardFolder } from '@kura/agent/card/card-folder.ts';
import { trusting } from '@kura/agent/network/access.ts';
import { newCardTls } from '@kura/agent/network/join.ts';
import { type LoggedIn, logIn } from '@kura/agent/network/log-in.ts';
import { KuraError, systemAlarmClock } from '@kura/base';
import { checkAuthority, trustFirst } from '@kura/certificates/invitation.ts';
import { type NetworkWord, parseNetworkWord } from '@kura/certificates/network-word.ts';
import { keyHashOf } from '@kura/certificates/trust.ts';
import {
  deriveMemberKeys,
  newDevice,
  type Root,
  STANDARD_COST,
  type WrapCost,
  wordsToRoot,
} from '@kura/member-seal';
import type { TrustRule } from '@kura/wire/tls.ts';
import type { Surroundings } from '../embedded/surroundings.ts';
import { deviceOf } from './card-care.ts';
import { cardFolderOf, type HomePointer, writePointer } from './home-pointer.ts';
import { fillCard, refuseExisting } from './join.ts';
import { type JoinedHome, openCard, proxyOf } from './joined-network.ts';

export interface FurtherDevice {
  readonly homeFolder: string;
  /** As it was given: "kura-network:…"; undefined: the known card has it. */
  readonly network: string | undefined;
  readonly account: string;
  readonly deviceName: string;
  /** Where the member's keys are: recovery words, or the absolute folder of a card of theirs. */
  readonly from: { readonly words: string } | { readonly card: string };
  /** Absolute; undefined: in the home. */
  readonly card: string | undefined;
  /** Of the known card, and of the new one. */
  readonly passphrase: string;
  readonly loginPassphrase: string;
  readonly environment: JoinedHome['environment'];
  readonly cost?: WrapCost;
}

/** Each step is kept before the next one, so that the same command goes on after a kill. */
export async function joinFurther(
  request: FurtherDevice,
  surroundings: Surroundings,
): Promise<void> {
  const { homeFolder, account, deviceName, loginPassphrase, passphrase } = request;
  const { disk, random } = surroundings;
  refuseExisting(homeFolder, surroundings);
  const known = await knownKeys(request, surroundings);
  const folder = request.card ?? cardFolderOf(homeFolder);
  const settings = { disk, random, folder };
  const card = CardFolder.isThere(settings)
    ? await CardFolder.open(settings, passphrase)
    : await CardFolder.make({ ...settings, passphrase, cost: request.cost ?? STANDARD_COST });
  const begun = new CardFiles(card, { networkId: NOT_YET, service: 'custody' });
  const identity = begun.has('identity')
    ? begun.identity()
    : newIdentity(account, known, surroundings);
  await begun.saveIdentity(identity);
  const coordinators = [known.word.address];
  const proxy = proxyOf(coordinators, request.environment);
  const loggedIn = await logIn(
    {
      ...{ coordinators, account, loginPassphrase, deviceName, proxy },
      trust: firstTrust(known.word),
      device: deviceOf(identity),
    },
    { clock: systemAlarmClock, random },
  );
  const { networkId, authorityPem, ...notice } = checked(loggedIn, known);
  await fillCard(new CardFiles(card, { ...begun.place, networkId }), {
    joined: {
      ...{ ...notice, networkId, memberId: loggedIn.memberId, rootPem: authorityPem },
      coordinator: known.word.address,
      identity: { ...identity, deviceTls: loggedIn.deviceTls },
    },
    ...{ proxy, surroundings },
  });
  await writePointer(surroundings, homeFolder, { version: 1, networkId, card: folder });
}

interface KnownKeys {
  readonly root: Root;
  readonly word: NetworkWord;
  /** The card's own, if there is one: what its grants name. */
  readonly cardTls: CardIdentity['cardTls'] | undefined;
}

async function knownKeys(
  { from, network, passphrase }: FurtherDevice,
  { disk, random }: Surroundings,
): Promise<KnownKeys> {
  const given = network === undefined ? undefined : parseNetworkWord(network);
  if ('words' in from) {
    if (given === undefined) {
      throw new KuraError('usage', 'words alone do not say where the network is', {
        guidance: 'Give kura-network:… as well; `kura card show` on another device has it.',
      });
    }
    return { root: wordsToRoot(from.words), word: given, cardTls: undefined };
  }
  const card = await CardFolder.open({ disk, random, folder: from.card }, passphrase);
  const files = CardFiles.only(card);
  const { root, cardTls } = files.identity();
  const { coordinators, rootPem } = files.network();
  const rootHash = keyHashOf(new X509Certificate(rootPem));
  return {
    root: root as Root,
    cardTls,
    word: given ?? { address: coordinators[0] ?? '', rootHash },
  };
}

function newIdentity(
  account: string,
  { root, cardTls }: KnownKeys,
  { random }: Surroundings,
): CardIdentity {
  const { seed, publicKey, ownerSignature } = newDevice({
    ownerSeed: deriveMemberKeys(root).ownerSeed,
    random,
  });
  return {
    ...{ root, account },
    device: { seed, publicKey, ownerSignature },
    deviceTls: { certificatePem: '', keyPem: '' },
    cardTls: cardTls ?? newCardTls({ random, clock: systemAlarmClock }),
  };
}

/** Of the other end only the fingerprint of its root is known. */
function firstTrust({ rootHash }: NetworkWord): TrustRule {
  return (certificate, chain) => {
    const nowMs = systemAlarmClock.nowMs();
    trustFirst(certificate, chain, { rootHash, roles: ['coordinator'], nowMs, revoked: new Set() });
  };
}

/** Who answers has to be the network that the word names, and take the keys for the same member. */
function checked({ network, memberId }: LoggedIn, { root, word }: KnownKeys): LoggedIn['network'] {
  checkAuthority(network, word.rootHash);
  if (memberId === deriveMemberKeys(root).memberId) return network;
  throw new KuraError('refused', 'the account is of another member than these keys', {
    guidance: 'Check the name of the account, and the words or the card.',
  });
}

export interface LoginAgain extends Pick<JoinedHome, 'passphrase' | 'environment'> {
  readonly pointer: HomePointer;
  readonly loginPassphrase: () => Promise<string>;
  readonly deviceName: string;
}

/** A new certificate for the same device; resolves to the name of the account. */
export async function logInAgain(home: LoginAgain, surroundings: Surroundings): Promise<string> {
  const { random } = surroundings;
  const files = await openCard(home, surroundings);
  const identity = files.identity();
  const { coordinators, rootPem } = files.network();
  const { account } = identity;
  const { deviceTls } = await logIn(
    {
      ...{ coordinators, account, deviceName: home.deviceName },
      trust: trusting({ rootPem, identity: identity.deviceTls }, ['coordinator'], {
        clock: systemAlarmClock,
      }),
      loginPassphrase: await home.loginPassphrase(),
      device: deviceOf(identity),
      proxy: proxyOf(coordinators, home.environment),
    },
    { clock: systemAlarmClock, random },
  );
  await files.saveIdentity({ ...identity, deviceTls });
  return account;
}
