// What the commands of stamps ask (row D16).
import type { SnapshotId } from '@kura/base';

export interface StampView {
  /** Host name of the authority, or "the network". */
  readonly name: string;
  readonly timeMs: number;
  readonly accuracyMs: number | undefined;
  /** Subject of the certificate that is believed. */
  readonly authority: string;
}

export interface StampsView {
  readonly snapshotId: SnapshotId;
  /** So many were asked for when it was notarised. */
  readonly approvals: number;
  /** SHA-256 of the receipt's body, hex: what was stamped. */
  readonly imprint: string;
  readonly stamps: readonly StampView[];
  /** Authorities that gave none that counts, and why; when it was just notarised. */
  readonly failures: readonly { readonly name: string; readonly why: string }[];
}

export interface StampsPort {
  /** Throws `usage` unless so many authorities can be asked at all. */
  ready(approvals: number): Promise<void>;
  /**
   * Of a locked snapshot with the id of the record that has the stamps. Throws `refused` if fewer than `approvals`
   * agree, `not_found` for a snapshot without a receipt.
   */
  add(snapshot: SnapshotId, approvals: number): Promise<StampsView>;
  /** Judged anew, offline. Throws `not_found`, `corrupt`, `refused`. */
  show(snapshot: SnapshotId): Promise<StampsView>;
  /** Puts the network's part of the key to a lock on the card, which opens it alone from then on. */
  carry(snapshot: SnapshotId): Promise<void>;
}
