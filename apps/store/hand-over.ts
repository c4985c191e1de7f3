// The owner of an embedded network hands a shelf over to another coordinator: a signed note in the shelf's folder,
// which whoever enrols it there finds (`daemon/take-over.ts`). Until then nothing has changed.
import { asKuraError, type Disk, type Random } from '@kura/base';
import { type StoreIdentity, signHandover } from '@kura/contract';
import { replaceDurably } from './shelf/durable-write.ts';
import { shelfPaths } from './shelf/layout.ts';
import { systemProcesses } from './shelf/sweep.ts';

export interface HandOver {
  readonly folder: string;
  readonly identity: StoreIdentity;
  /** Whom the shelf shall obey: Ed25519, raw. */
  readonly coordinatorKey: Uint8Array;
  /** Of whom it obeys now. */
  readonly seed: Uint8Array;
  readonly nowMs: number;
}

export async function handOverShelf(
  { folder, identity, coordinatorKey, seed, nowMs }: HandOver,
  { disk, random }: { readonly disk: Disk; readonly random: Random },
): Promise<void> {
  const paths = shelfPaths(folder);
  const { storeId } = identity;
  const bytes = signHandover({ storeId, coordinatorKey, issuedMs: nowMs }, seed);
  try {
    const place = { disk, incoming: paths.incoming, processId: systemProcesses.id, random };
    await replaceDurably(place, { path: paths.handover, bytes });
  } catch (error) {
    throw asKuraError(error, `the store in ${folder} could not be handed over`);
  }
}
