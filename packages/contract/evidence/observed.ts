// How somebody saw that a copy is not as it should be, in words that are the same everywhere.

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

/** Of these a store cannot think that they are of its members. */
export const AUDIT_SOURCES: readonly ObservationSource[] = ['leaves', 'full-read', 'compare'];
