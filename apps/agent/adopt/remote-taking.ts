// The network that takes an embedded one over, over the wire.
import type { SessionId, StoreId } from '@kura/base';
import { ADOPTION_ENDPOINTS as ADOPTION } from '@kura/contract/wire/endpoints/adoption.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import { RemoteCoordinator, type RemoteCoordinatorOptions } from '../network/remote-coordinator.ts';
import type { BroughtPack, TakingCoordinator } from './old-network.ts';

export class RemoteTaking extends RemoteCoordinator implements TakingCoordinator {
  readonly #adopting: EndpointClient;

  constructor(options: RemoteCoordinatorOptions) {
    super(options);
    this.#adopting = options.client;
  }

  async adoptStore(store: StoreId, copyKey: Uint8Array): Promise<void> {
    await this.#adopting.call(ADOPTION.adoptStore, { params: { store }, body: { copyKey } });
  }

  async adoptPacks(sessionId: SessionId, packs: readonly BroughtPack[]): Promise<void> {
    await this.#adopting.call(ADOPTION.adoptPacks, { body: { sessionId, packs } });
  }
}
