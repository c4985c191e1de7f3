// The services around the member's keys.
import { homePaths } from '@kura/agent';
import { toHex } from '@kura/base';
import { rootToWords, STANDARD_COST, wrapRoot } from '@kura/member-seal';
import type { WordLanguage } from '../commands/requests.ts';
import type { MemberView } from '../commands/views.ts';
import { writeRootFile } from '../embedded/home-files.ts';
import { openRoot } from '../embedded/open-network.ts';
import { networkView } from './network-view.ts';
import type { Session } from './session.ts';

export async function member(session: Session): Promise<MemberView> {
  const { keys, device, network } = await session.network();
  return {
    memberId: keys.memberId,
    deviceId: device.deviceId,
    ownerKey: toHex(keys.ownerKey),
    keyEpoch: keys.epoch,
    network: networkView(network),
  };
}

function rootOfHome(session: Session): ReturnType<typeof openRoot> {
  const { home, secrets } = session.settings;
  const passphrase = (): Promise<string> => secrets.passphrase();
  return openRoot({ homeFolder: home, passphrase }, session.surroundings);
}

/** Wraps the same root under another passphrase: nothing that is stored changes. */
export async function changePassphrase(session: Session, passphrase: string): Promise<void> {
  const { disk, random } = session.surroundings;
  const root = await rootOfHome(session);
  const wrapped = await wrapRoot({ root, passphrase, cost: STANDARD_COST, random });
  await writeRootFile({ disk, home: homePaths(session.settings.home), random }, wrapped);
}

export async function recoveryWords(session: Session, language: WordLanguage): Promise<string> {
  return rootToWords(await rootOfHome(session), language);
}
