// The gateway takes sealed packs and makes of each one copy per store, in that store's own cipher. It
// cannot read what it carries, holds no more than a few leaves of it at a time, and acknowledges only what
// the stores have signed for. It keeps no tables: the agent records what it returns.
import type { StoreId } from '@kura/base';
import type { PackSink, StoredCopy } from '@kura/contract';
import { GatewayContext, type GatewayOptions } from './context.ts';
import { type ReplicateRequest, replicate } from './replicate.ts';
import { Upload } from './upload.ts';

export interface Gateway extends PackSink {
  /**
   * Makes a further copy, or one that was damaged anew, from those that are there. Every leaf is checked
   * before it is used. Throws `data_lost` if no store has some leaf intact, `unreachable` if one that
   * might does not answer, and what the target throws.
   */
  replicate(request: ReplicateRequest): Promise<StoredCopy>;
  /** Stores that have failed since this gateway was made. */
  readonly demoted: ReadonlySet<StoreId>;
}

export function createGateway(options: GatewayOptions): Gateway {
  const context = new GatewayContext(options);
  return {
    demoted: context.demoted,
    open: (packId, expectedLeaves) => Upload.begin(context, { packId, expectedLeaves }),
    replicate: (request) => replicate(context, request),
  };
}
