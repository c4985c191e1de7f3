// What a verdict says, as a type. How it is reached is `judge.ts`'s.

/**
 * tampering: a hand · rogue: a store that lies, or is not who it should be · misdirected: bytes of another leaf of
 * the same shelf · loss: it is gone · decay: consistent with a medium that decays · passing: an error that did not
 * come back · outage: no answer, and nothing wrong in any · unexplained: none of these.
 */
export const VERDICT_KINDS = [
  'tampering',
  'rogue',
  'misdirected',
  'loss',
  'decay',
  'passing',
  'outage',
  'unexplained',
] as const;
export type VerdictKind = (typeof VERDICT_KINDS)[number];

/** Only these accuse a store. */
export const ACCUSATIONS: readonly VerdictKind[] = ['tampering', 'rogue'];

/** Signs of one kind may have one cause, so that they count once. */
export const SIGN_KINDS = ['recomputed', 'amount', 'conduct'] as const;
export type SignKind = (typeof SIGN_KINDS)[number];

export interface Sign {
  readonly kind: SignKind;
  /** One clause, for people: "its table leads to another root than it acknowledged". */
  readonly says: string;
}

/** Neighbouring leaves that are wrong (row A12: where the difference is). */
export interface Place {
  readonly firstLeaf: number;
  readonly leaves: number;
  /** Of the outer bytes of the copy. */
  readonly firstByte: number;
  readonly bytes: number;
  /** 4 KiB blocks that differ; 0: not known. */
  readonly blocks: number;
}

/** What the examinations of a device say about how fast it decays. */
export interface DeviceRate {
  readonly places: number;
  /** Copies that are gone or unreadable as a whole: they are not decay, and counted apart. */
  readonly lost: number;
  readonly heldBytes: number;
  /** With 99 % confidence no more than this, per 30 days, in thousandths. */
  readonly upperMilli: number;
  /** No more of them are plausible in 30 days. */
  readonly plausible: number;
  readonly isPlausible: boolean;
}

export interface Verdict {
  readonly kind: VerdictKind;
  /** One sentence, for people. */
  readonly reason: string;
  readonly signs: readonly Sign[];
  readonly wrongLeaves: number;
  /** The first `MAX_PLACES`, ascending. */
  readonly places: readonly Place[];
  readonly rate: DeviceRate;
}

export const MAX_PLACES = 64;
