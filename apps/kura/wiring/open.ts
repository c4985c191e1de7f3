// Opens what is in KURA_HOME: an embedded network, whose tables and stores are in this process, or a home that
// belongs to a network of others. What the commands do with either is the same; where it is not, they ask which.
import type { OpenNetworkOptions } from '../embedded/open-network.ts';
import { type OpenNetwork, openNetwork } from '../embedded/open-network.ts';
import type { Surroundings } from '../embedded/surroundings.ts';
import { readPointer } from '../network/home-pointer.ts';
import type { JoinedHome, JoinedNetwork } from '../network/joined-network.ts';

export type OpenHome = OpenNetwork | JoinedNetwork;

export async function openHome(
  options: OpenNetworkOptions & Pick<JoinedHome, 'environment' | 'limits'>,
  surroundings: Surroundings,
): Promise<OpenHome> {
  const { homeFolder } = options;
  const pointer = readPointer(surroundings.disk, homeFolder);
  if (pointer === undefined) return await openNetwork(options, surroundings);
  // An embedded network never pays for the code of the wire.
  const { openJoined } = await import('../network/joined-network.ts');
  return await openJoined({ ...options, pointer }, surroundings);
}
