// What one look at one copy, or at one leaf of it, has shown: the form that all layers of audits share, from the
// act that looked to the rows that remember.
import type { CopyId, MemberId, PackId, StoreId } from '@kura/base';
import type { LeafDifference } from '@kura/contract';
import type { ObservationSource } from '../incidents/observation.ts';
import type { AuditClass } from './plan/classes.ts';

/** A copy as the tables know it. */
export interface CopyToAudit {
  readonly memberId: MemberId;
  readonly packId: PackId;
  readonly storeId: StoreId;
  readonly copyId: CopyId;
  readonly leafCount: number;
  /** As it was acknowledged, 32 bytes. */
  readonly root: Uint8Array;
}

/** A place where something else lies than what was entrusted. */
export interface Finding {
  readonly leaf: number;
  /** Known if another copy had this leaf right. */
  readonly difference?: LeafDifference;
}

export interface Outcome {
  readonly copy: CopyToAudit;
  readonly source: Extract<ObservationSource, 'leaves' | 'full-read' | 'compare'>;
  readonly class: AuditClass;
  /** For people: what was seen. */
  readonly why: string;
  readonly findings: readonly Finding[];
  /** Over the store's line. */
  readonly lineBytes: number;
  /** By the store alone. */
  readonly readBytes: number;
  /** All of the copy was looked at. */
  readonly isWhole: boolean;
  /** As it was sent, and as the store signed it. */
  readonly challenge?: Uint8Array;
  readonly answer?: Uint8Array;
  /** Of a full read: SHA-256 of the tag that would have been right. */
  readonly tagHash?: Uint8Array;
}
