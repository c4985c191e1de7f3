// The services around the card of a home that belongs to a network of others.
import { type CardCopy, copyCard } from '@kura/agent/card/copy-card.ts';
import { KuraError } from '@kura/base';
import type { CardView } from '../commands/views.ts';
import { type HomePointer, readPointer } from '../network/home-pointer.ts';
import { openCard } from '../network/joined-network.ts';
import type { Session } from './session.ts';

export async function card(session: Session): Promise<CardView> {
  const { settings, surroundings } = session;
  const pointer = pointerOf(session);
  const files = await openCard(
    { pointer, passphrase: () => settings.secrets.passphrase() },
    surroundings,
  );
  const { account } = files.identity();
  const { memberId, coordinators } = files.network();
  return {
    folder: pointer.card,
    cardId: files.card.cardId,
    networkId: pointer.networkId,
    ...{ memberId, account, coordinators },
    stores: files.stores().map(({ identity, readers, grant }) => ({
      storeId: identity.storeId,
      city: identity.place.city,
      readers,
      canBeReadAlone: grant !== undefined && readers.length > 0,
    })),
  };
}

/** Whoever copies need not open: what is copied stays sealed. */
export function copyCardTo(session: Session, folder: string): Promise<CardCopy> {
  return copyCard(session.surroundings, pointerOf(session).card, folder);
}

function pointerOf({ settings, surroundings }: Session): HomePointer {
  const pointer = readPointer(surroundings.disk, settings.home);
  if (pointer !== undefined) return pointer;
  throw new KuraError('unsupported', 'an embedded network has no card: its keys are in the home', {
    guidance: 'Keep the recovery words: kura key words.',
  });
}
