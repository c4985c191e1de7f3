// What somebody saw of one copy that is not as it should be. It accuses nobody: it is the occasion to ask the store,
// and a part of the evidence.
import type { CopyId, PackId, StoreId } from '@kura/base';
import type { ObservationClass, ObservationSource } from '@kura/contract/evidence/index.ts';

export type { ObservationClass, ObservationSource } from '@kura/contract/evidence/index.ts';

export interface Observation {
  readonly storeId: StoreId;
  readonly packId: PackId;
  readonly copyId: CopyId;
  readonly class: ObservationClass;
  readonly source: ObservationSource;
  /** Those at fault, ascending, as far as they are known. */
  readonly leaves: readonly number[];
  /** As it was sent, and as the store signed it: the exact bytes, so that anyone can check them. */
  readonly challenge?: Uint8Array;
  readonly answer?: Uint8Array;
  /** Of a full read: SHA-256 of the tag that would have been right. */
  readonly tagHash?: Uint8Array;
  readonly timeMs: number;
}
