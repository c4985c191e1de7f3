// What `kura witnesses` asks, whoever has the answer: the tables of an embedded network in this process, or the card
// of a membership and what the network says today.
import type { WitnessesView } from '@kura/coordinator/log/look.ts';
import type { WitnessPolicy } from '@kura/log';

export interface PinnedPolicies {
  readonly pinned: WitnessPolicy;
  /** What the network names today. */
  readonly told: WitnessPolicy;
  readonly isSame: boolean;
}

export type WitnessesLook =
  | ({ readonly kind: 'own' } & WitnessesView)
  | ({ readonly kind: 'pinned' } & PinnedPolicies);

export interface AddedWitness {
  readonly name: string;
  /** As the witness published it. */
  readonly verifierKey: string;
  readonly url: string;
}

export interface WitnessesPort {
  look(): Promise<WitnessesLook>;
  /** The witnesses of one's own log; in a network of others `unsupported`, like the next two. */
  add(witness: AddedWitness): Promise<void>;
  remove(name: string): Promise<void>;
  setQuorum(quorum: number): Promise<void>;
  /** From now on those count that the network names today; in an embedded network `unsupported`. */
  accept(): Promise<PinnedPolicies>;
}
