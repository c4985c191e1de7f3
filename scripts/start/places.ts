// Where the demonstration keeps its things: the state in KURA_HOME, the stores and what is restored beside it, so
// that the loss of KURA_HOME is not the loss of the stores. It works only on a network that it founded
// itself, because it loses a store on purpose.
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { homePaths } from '@kura/agent';
import { KuraError } from '@kura/base';
import type { NetworkView } from '@kura/kura/commands/views.ts';

/** Far apart, on three power grids; Tokyo is home, and none of them is there. */
export const STORE_CITIES = ['osaka', 'ishikari', 'frankfurt'] as const;
export const HOME_CITY = 'tokyo';
const LOST = '.lost';

export interface Places {
  /** KURA_HOME. */
  readonly home: string;
  readonly stores: string;
  readonly restored: string;
  readonly passphraseFile: string;
  readonly wordsFile: string;
}

export function placesBeside(home: string): Places {
  return {
    home,
    stores: `${home}-stores`,
    restored: `${home}-restored`,
    passphraseFile: join(home, 'passphrase.txt'),
    wordsFile: join(home, 'recovery-words.txt'),
  };
}

export function storeFolders({ stores }: Places): readonly string[] {
  return STORE_CITIES.map((city) => join(stores, city));
}

/** True if there is a network already; refuses what is not the demonstration's own. */
export function isFounded(places: Places): boolean {
  const { home, stores } = places;
  const { database, rootFile } = homePaths(home);
  if (existsSync(database)) {
    if (!existsSync(stores)) throw notOurs(home);
    return true;
  }
  if (existsSync(stores) && !existsSync(rootFile)) {
    throw new KuraError('already_exists', `stores are in ${stores}, but ${home} is gone`, {
      guidance: `Bring it back with \`kura recover\`, or remove ${stores} to begin anew.`,
    });
  }
  return false;
}

/** A network with any other store is somebody's own. */
export function refuseOthers(network: NetworkView, places: Places): void {
  const own = new Set(storeFolders(places));
  if (!network.stores.every(({ folder }) => own.has(folder))) throw notOurs(places.home);
}

function notOurs(home: string): KuraError {
  return new KuraError('refused', `the network in ${home} is your own`, {
    guidance:
      'The demonstration loses a store on purpose. Set KURA_HOME to a folder that is not there yet.',
  });
}

/** Moves the store's folder away, as far as the network can see: it is gone. Resolves to where it is. */
export function loseStore(folder: string): string {
  const away = folder + LOST;
  renameSync(folder, away);
  return away;
}

/** What an earlier run lost comes back, as a store does whose city has power again. */
export function bringBackLost(places: Places): readonly string[] {
  return storeFolders(places).filter((folder) => {
    const away = folder + LOST;
    if (!existsSync(away) || existsSync(folder)) return false;
    renameSync(away, folder);
    return true;
  });
}
