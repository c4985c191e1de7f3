// What an attack on the proofs of custody is, and how one is judged.
import type { SeededRandom } from '@kura/testing';

export interface Attempt {
  /** What was done, for whoever reads of a violation. */
  readonly what: string;
  /** The victim believes it. */
  readonly isAccepted: boolean;
  /** The words under which the defence named it; empty if it saw nothing. */
  readonly named: readonly string[];
}

export interface AttackKind {
  /** Plural: "forged receipts". */
  readonly name: string;
  /** The only words that count as having understood it. */
  readonly names: ReadonlySet<string>;
  attempt(random: SeededRandom): Promise<Attempt>;
  /** The same scene without an attack: must be accepted, and named nothing. */
  honest(random: SeededRandom): Promise<Attempt>;
  /** The same attack with the defence taken away: must be accepted, or the attack was none. */
  undefended(random: SeededRandom): Promise<Attempt>;
}

/** What is wrong with the outcome of an attack; undefined if nothing is. */
export function faultOf(
  kind: AttackKind,
  { what, isAccepted, named }: Attempt,
): string | undefined {
  if (isAccepted) return `${kind.name}: ${what}: accepted`;
  if (named.length === 0) return `${kind.name}: ${what}: not named`;
  const strange = named.find((word) => !kind.names.has(word));
  return strange === undefined ? undefined : `${kind.name}: ${what}: named ${strange}`;
}

export function pick<T>(random: SeededRandom, of: readonly T[]): T {
  const one = of[random.below(of.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
}
