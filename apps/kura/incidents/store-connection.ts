// A store's own way to its coordinator, for whoever runs the store and nothing else of the network: with the
// certificate that its program has, from the state beside its shelf. It reads that state and changes nothing of it.
import { KuraError } from '@kura/base';
import { loadProgram } from '@kura/daemon/config/load-program.ts';
import { decodeNetwork, decodeTls } from '@kura/store/daemon/network-file.ts';
import { StateReader } from '@kura/store/daemon/state-folder.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import { coordinatorClient, type Surroundings } from '../operator/connection.ts';

export interface StoreConnection {
  /** As `kura serve store` is started with. */
  readonly configFile: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Throws `usage` for the file of another program, `no_network` for a store that has not enrolled. */
export async function asStore<Result>(
  { configFile, environment }: StoreConnection,
  around: Surroundings,
  work: (client: EndpointClient) => Promise<Result>,
): Promise<Result> {
  const { value } = loadProgram(configFile, environment);
  if (value.role !== 'store') {
    throw new KuraError('usage', `${configFile} is the file of a ${value.role}, not of a store`);
  }
  const state = new StateReader(around.disk, value.state);
  const { networkId, authorityPem, coordinators } = decodeNetwork(state.demand('network'));
  const identity = decodeTls(state.demand('tls'));
  const network = { networkId, authorityPem, addresses: coordinators };
  const client = coordinatorClient({ ...network, identity }, around);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}
