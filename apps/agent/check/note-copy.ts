// What a check saw of a copy, told to whoever keeps the tables: an embedded network's agent keeps them itself,
// a service is told of faults and looks for itself.
import type { ErrorCode, PackId, StoreId } from '@kura/base';
import type { CopyState, KeeperPort, ServicePort } from '@kura/contract';

export interface SeenCopy {
  readonly packId: PackId;
  readonly storeId: StoreId;
  readonly state: CopyState;
  readonly why: string;
}

/** Throws `not_found` if the pack was dropped in the meantime. */
export type NoteCopy = (seen: SeenCopy) => Promise<void>;

export function keeperNotes(keeper: Pick<KeeperPort, 'setCopyState'>): NoteCopy {
  return ({ packId, storeId, state }) => keeper.setCopyState(packId, storeId, state);
}

/** A copy that was found well needs no report: the network marks it so when it has looked. */
export function serviceNotes(service: Pick<ServicePort, 'reportFault'>): NoteCopy {
  return async ({ packId, storeId, state, why }) => {
    if (state !== 'held') await service.reportFault(packId, storeId, why);
  };
}

/** What an error says of the copy that was read. unreachable: nobody can say now. */
export function stateSeen(code: ErrorCode): CopyState | 'unreachable' {
  if (code === 'missing') return 'lost';
  if (code === 'corrupt' || code === 'refused') return 'damaged';
  return 'unreachable';
}
