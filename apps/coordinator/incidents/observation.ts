// What somebody saw of one copy that is not as it should be. It accuses nobody: it is the occasion to ask the store,
// and a part of the evidence.
import type { CopyId, PackId, StoreId } from '@kura/base';

/**
 * wrong: bytes that are not those of the root · missing: the store has none · unreadable: its medium fails ·
 * refused: it would not answer, or was not who it should be · late: not in time · unknown: none of these.
 */
export const OBSERVATION_CLASSES = [
  'wrong',
  'missing',
  'unreadable',
  'refused',
  'late',
  'unknown',
] as const;
export type ObservationClass = (typeof OBSERVATION_CLASSES)[number];

/** What somebody was doing who saw it. */
export const OBSERVATION_SOURCES = [
  'leaves',
  'full-read',
  'compare',
  'restore',
  'repair',
  'scrub',
  'write',
  'device',
] as const;
export type ObservationSource = (typeof OBSERVATION_SOURCES)[number];

/** More leaves of one copy tell nothing more: the first ones are kept. */
export const MAX_LEAVES_NOTED = 256;

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
  readonly timeMs: number;
}
