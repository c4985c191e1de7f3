// What the commands of removals ask, whoever has the answer: the tables of an embedded network in this process, or the
// coordinator of a network of others.
import type { SnapshotId } from '@kura/base';
import type { OwnClosings } from '@kura/contract/wire/endpoints/closings.ts';
import type { ForgottenView, RemovalsView } from '@kura/contract/wire/endpoints/removals.ts';

export interface RemovalsPort {
  /** The newest first, as many of each kind. */
  list(limit: number): Promise<RemovalsView>;
  /** Its packs stand again. `refused` once a store was told. */
  revoke(removalId: string): Promise<void>;
  /** Takes back whatever may have taken its packs; its tree is then committed anew. */
  makeWayBack(snapshotId: SnapshotId): Promise<ForgottenView>;
  /** An order to forget that is dated ahead. */
  setTerm(order: Uint8Array): Promise<void>;
  endTerm(termId: string): Promise<void>;
  /** The newest first, and what the owner has consented to. */
  closings(limit: number): Promise<OwnClosings>;
  /** As the owner signed them. `unsupported` in an embedded network, whose operator is its owner. */
  consent(signed: Uint8Array): Promise<void>;
  withdraw(signed: Uint8Array): Promise<void>;
}

/** What `kura removals` works with: the port, and what needs the member's keys and packs. */
export interface RemovalsDesk
  extends Pick<RemovalsPort, 'list' | 'revoke' | 'endTerm' | 'closings'> {
  /** Resolves to the id of the new record of the same tree. */
  recall(snapshotId: SnapshotId): Promise<SnapshotId>;
  /** To a closing after so many days of notice. */
  consent(days: number, nowMs: number): Promise<void>;
  /** What was given under the consent ends. `refused` once a store was told. */
  withdraw(nowMs: number): Promise<void>;
  /** These are forgotten at that time, without any device. */
  setTerm(snapshots: readonly SnapshotId[], endMs: number): Promise<void>;
}

/** What a retention rule needs to know besides the snapshots. */
export interface RetentionView {
  /** Of the network, before a store removes anything. */
  readonly delayMs: number;
  /** When the log took what a snapshot replaces, for those whose own leaf is younger than its record. */
  readonly originals: ReadonlyMap<SnapshotId, number>;
}
