// What a check saw of a copy, told to whoever keeps the tables: an embedded network's agent keeps them itself,
// a service is told of faults and looks for itself.
import { type CopyId, type ErrorCode, KuraError, type PackId, type StoreId } from '@kura/base';
import type { CoordinatorPort, CopyState, KeeperPort, ServicePort } from '@kura/contract';

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

/** Tells it; of a pack that was dropped in the meantime there is nothing left to correct. */
export async function noteUnlessDropped(note: NoteCopy, seen: SeenCopy): Promise<void> {
  try {
    await note(seen);
  } catch (error) {
    if (!(error instanceof KuraError && error.code === 'not_found')) throw error;
  }
}

/** A prune or a move beside whoever looks may have taken the copy away: then it is gone because it may be. */
export async function isStillHeld(
  coordinator: Pick<CoordinatorPort, 'pack'>,
  packId: PackId,
  copyId: CopyId,
): Promise<boolean> {
  const row = await coordinator.pack(packId);
  if (row === undefined || row.state === 'destroying') return false;
  return row.copies.some((copy) => copy.copyId === copyId && copy.state === 'held');
}

/** What an error says of the copy that was read. unreachable: nobody can say now. */
export function stateSeen(code: ErrorCode): CopyState | 'unreachable' {
  if (code === 'missing') return 'lost';
  if (code === 'corrupt' || code === 'refused') return 'damaged';
  return 'unreachable';
}
