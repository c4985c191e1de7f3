// The services around the card of a home that belongs to a network of others.
import { X509Certificate } from 'node:crypto';
import { CardFiles } from '@kura/agent/card/card-files.ts';
import { CardFolder } from '@kura/agent/card/card-folder.ts';
import { canBeReadAlone } from '@kura/agent/card/card-readers.ts';
import { type CardCopy, copyCard } from '@kura/agent/card/copy-card.ts';
import { copyReadingCard } from '@kura/agent/card/copy-reading-card.ts';
import { removeCard } from '@kura/agent/card/remove-card.ts';
import { verifyFiles, verifyStores } from '@kura/agent/card/verify-card.ts';
import { newCardTls } from '@kura/agent/network/join.ts';
import { CopyFetcher } from '@kura/agent/read/copy-fetcher.ts';
import { KuraError, systemAlarmClock } from '@kura/base';
import { formatNetworkWord } from '@kura/certificates/network-word.ts';
import { keyHashOf } from '@kura/certificates/trust.ts';
import { cardMessage } from '@kura/contract/wire/card-proof.ts';
import { STANDARD_COST, signAs } from '@kura/member-seal';
import type { CardView, VerifiedCardView } from '../commands/card-views.ts';
import { openByCard } from '../network/card-network.ts';
import { type HomePointer, readPointer, writePointer } from '../network/home-pointer.ts';
import { openCard } from '../network/joined-network.ts';
import { placeView } from './network-view.ts';
import type { Session } from './session.ts';

export async function card(session: Session): Promise<CardView> {
  const pointer = pointerOf(session);
  const files = await openedCard(session);
  const { account } = files.identity();
  const { memberId, coordinators, rootPem } = files.network();
  return {
    folder: pointer.card,
    cardId: files.card.cardId,
    networkId: pointer.networkId,
    network: formatNetworkWord({
      address: coordinators[0] ?? '',
      rootHash: keyHashOf(new X509Certificate(rootPem)),
    }),
    ...{ memberId, account, coordinators },
    stores: files.stores().map((store) => ({
      storeId: store.identity.storeId,
      city: store.identity.place.city,
      readers: store.readers,
      canBeReadAlone: canBeReadAlone(store),
      pseudonym: store.pseudonym,
    })),
  };
}

/** Whoever copies need not open: what is copied stays sealed. */
export function copyCardTo(session: Session, folder: string): Promise<CardCopy> {
  return copyCard(session.surroundings, pointerOf(session).card, folder);
}

/** Under a passphrase of its own: whoever has it can read, and nothing else (docs/design/card.md). */
export async function copyReadingCardTo(
  session: Session,
  { folder, passphrase }: { readonly folder: string; readonly passphrase: string },
): Promise<CardCopy> {
  const place = { ...session.surroundings, folder };
  return copyReadingCard(await openedCard(session), { ...place, passphrase, cost: STANDARD_COST });
}

/** There is a whole card at every moment, and the home points to one. */
export async function moveCardTo(session: Session, folder: string): Promise<CardCopy> {
  const { settings, surroundings } = session;
  const pointer = pointerOf(session);
  const moved = await copyCard(surroundings, pointer.card, folder);
  await writePointer(surroundings, settings.home, { ...pointer, card: folder });
  await removeCard(surroundings, pointer.card);
  return moved;
}

/** A stick that is found at another place now, or a copy in place of a card that is lost. */
export async function useCard(session: Session, folder: string): Promise<void> {
  const { settings, surroundings } = session;
  const { disk, random } = surroundings;
  const pointer = pointerOf(session);
  const passphrase = await settings.secrets.passphrase();
  const found = await CardFolder.open({ disk, random, folder }, passphrase);
  const files = new CardFiles(found, { networkId: pointer.networkId, service: 'custody' });
  if (files.isReadOnly) {
    throw new KuraError('refused', `the card in ${folder} is for reading only`, {
      guidance: 'Name the folder of a card of this home, or of a whole copy of it.',
    });
  }
  if (!files.has('identity')) {
    throw new KuraError('refused', `the card in ${folder} is of another network`, {
      guidance: 'Name the folder of a card of this home, or of a copy of it.',
    });
  }
  await writePointer(surroundings, settings.home, { ...pointer, card: folder });
}

/** As if the card were all that is left: nobody is asked but the stores. */
export async function verifyCard(session: Session): Promise<VerifiedCardView> {
  const { settings, surroundings } = session;
  const { home: homeFolder, environment, warn, secrets } = settings;
  const counts = verifyFiles(await openedCard(session));
  const network = await openByCard(
    {
      ...{ homeFolder, environment, warn, card: pointerOf(session).card },
      passphrase: () => secrets.passphrase(),
      limits: { sendBytesPerS: 0, receiveBytesPerS: 0 },
      media: [],
    },
    surroundings,
  );
  const { readers, stores, copyKeys, shape, native, random, keys } = network;
  const fetcher = new CopyFetcher({ stores, copyKeys, bulk: native.bulk, shape });
  try {
    const packs = await network.coordinator.packs(undefined, Number.MAX_SAFE_INTEGER);
    const { windowLeaves, leafBytes } = shape;
    const windowBytes = windowLeaves * leafBytes;
    const verified = await verifyStores({
      ...{ readers, packs, fetcher, windowLeaves, windowBytes, random, ownerKey: keys.ownerKey },
    });
    return {
      folder: pointerOf(session).card,
      ...{ ...counts, packs: packs.length },
      stores: verified.map((store) => ({ ...store, city: cityOf(network, store.storeId) })),
    };
  } finally {
    fetcher.close();
    network.close();
  }
}

function cityOf({ network }: Awaited<ReturnType<typeof openByCard>>, storeId: string): string {
  const store = network.stores.find(({ identity }) => identity.storeId === storeId);
  return store === undefined ? storeId : placeView(store.identity.place).cityName;
}

/** Row A14: card and contract agree only because the owner says so. */
export async function acceptLevel(
  session: Session,
): Promise<{ readonly before: number; readonly now: number }> {
  const network = await session.own();
  if (network.kind !== 'service') throw noCard();
  const { files } = network;
  const known = files.network();
  const now = network.network.level;
  if (now !== known.level) await files.saveNetwork({ ...known, level: now });
  return { before: known.level, now };
}

export async function renewCard(session: Session): Promise<void> {
  const network = await session.own();
  if (network.kind !== 'service') throw noCard();
  const { files, account, keys, random } = network;
  const cardTls = newCardTls({ random, clock: systemAlarmClock });
  const keyHash = keyHashOf(new X509Certificate(cardTls.certificatePem));
  const signature = signAs(keys.ownerSeed, cardMessage(keys.memberId, keyHash));
  await account.putCard(keyHash, signature);
  await files.saveIdentity({ ...files.identity(), cardTls });
  await network.renewStores();
}

function openedCard(session: Session): Promise<CardFiles> {
  const { settings, surroundings } = session;
  const passphrase = (): Promise<string> => settings.secrets.passphrase();
  return openCard({ pointer: pointerOf(session), passphrase }, surroundings);
}

function pointerOf({ settings, surroundings }: Session): HomePointer {
  const pointer = readPointer(surroundings.disk, settings.home);
  if (pointer === undefined) throw noCard();
  return pointer;
}

function noCard(): KuraError {
  return new KuraError('unsupported', 'an embedded network has no card: its keys are in the home', {
    guidance: 'Keep the recovery words: kura key words.',
  });
}
