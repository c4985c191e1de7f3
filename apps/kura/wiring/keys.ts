// The services around the member's keys.

import type { CardFiles } from '@kura/agent/card/card-files.ts';
import { homePaths } from '@kura/agent/home.ts';
import { toHex } from '@kura/base';
import { type Root, rootToWords, STANDARD_COST, wrapRoot } from '@kura/member-seal';
import type { WordLanguage } from '../commands/requests.ts';
import type { MemberView } from '../commands/views.ts';
import { writeRootFile } from '../embedded/home-files.ts';
import { openRoot } from '../embedded/open-network.ts';
import { readPointer } from '../network/home-pointer.ts';
import { networkView } from './network-view.ts';
import type { Session } from './session.ts';

export async function member(session: Session): Promise<MemberView> {
  const { keys, device, network } = await session.own();
  return {
    memberId: keys.memberId,
    deviceId: device.deviceId,
    ownerKey: toHex(keys.ownerKey),
    keyEpoch: keys.epoch,
    network: networkView(network),
  };
}

async function rootOfHome(session: Session): Promise<Root> {
  const { home, secrets } = session.settings;
  const passphrase = (): Promise<string> => secrets.passphrase();
  const card = await cardOfHome(session);
  if (card !== undefined) return card.identity().root as Root;
  return await openRoot({ homeFolder: home, passphrase }, session.surroundings);
}

/** Undefined in an embedded network, whose key has a file of its own. */
async function cardOfHome(session: Session): Promise<CardFiles | undefined> {
  const { settings, surroundings } = session;
  const pointer = readPointer(surroundings.disk, settings.home);
  if (pointer === undefined) return undefined;
  const { openCard } = await import('../network/joined-network.ts');
  return await openCard({ pointer, passphrase: () => settings.secrets.passphrase() }, surroundings);
}

/** Wraps the same root under another passphrase: nothing that is stored changes. */
export async function changePassphrase(session: Session, passphrase: string): Promise<void> {
  const card = await cardOfHome(session);
  if (card !== undefined) return await card.card.changePassphrase(passphrase, STANDARD_COST);
  const { disk, random } = session.surroundings;
  const root = await rootOfHome(session);
  const wrapped = await wrapRoot({ root, passphrase, cost: STANDARD_COST, random });
  await writeRootFile({ disk, home: homePaths(session.settings.home), random }, wrapped);
}

export async function recoveryWords(session: Session, language: WordLanguage): Promise<string> {
  return rootToWords(await rootOfHome(session), language);
}
