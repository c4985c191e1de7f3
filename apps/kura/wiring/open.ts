// Opens what is in KURA_HOME: an embedded network, whose tables and stores are in this process, or a home that
// belongs to a network of others; or, without any of it, a card. What the commands do with each is the same; where it
// is not, they ask which.
import { KuraError } from '@kura/base';
import type { OpenNetwork, OpenNetworkOptions } from '../embedded/open-network.ts';
import type { Surroundings } from '../embedded/surroundings.ts';
import type { CardHome, CardNetwork } from '../network/card-network.ts';
import { readPointer } from '../network/home-pointer.ts';
import type { JoinedHome, JoinedNetwork } from '../network/joined-network.ts';

/** Of which something can be changed. */
export type OwnHome = OpenNetwork | JoinedNetwork;
export type OpenHome = OwnHome | CardNetwork;

type HomeOptions = OpenNetworkOptions &
  Pick<JoinedHome, 'environment' | 'limits' | 'media' | 'warn'> &
  Pick<CardHome, 'onProgress'> & {
    /** Absolute; undefined: what KURA_HOME says. */
    readonly card: string | undefined;
  };

function noMedia(): KuraError {
  return new KuraError('usage', 'a network of folders has no medium: its stores are disks', {
    guidance: 'Connect the disk of the store, and leave out --medium.',
  });
}

export async function openHome(
  options: HomeOptions,
  surroundings: Surroundings,
): Promise<OpenHome> {
  const { homeFolder, card } = options;
  if (card !== undefined) {
    const { openByCard } = await import('../network/card-network.ts');
    return await openByCard({ ...options, card }, surroundings);
  }
  const pointer = readPointer(surroundings.disk, homeFolder);
  // An embedded network never pays for the code of the wire, nor a member of others for that of their programs.
  if (pointer === undefined) {
    if (options.media.length > 0) throw noMedia();
    const { openNetwork } = await import('../embedded/open-network.ts');
    return await openNetwork(options, surroundings);
  }
  const { openJoined } = await import('../network/joined-network.ts');
  return await openJoined({ ...options, pointer }, surroundings);
}
