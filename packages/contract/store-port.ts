// What a store can be asked for: five verbs, and no way to list, overwrite or delete over a network. An agent
// gets the reading half only.
// `enumerate` and `scrub` are for whoever runs the store; `remove` obeys warrants only.
import type { CopyId, MemberId, StoreId } from '@kura/base';
import type { StoreAcknowledgement } from './acknowledgement.ts';
import type { AuditedStore } from './audit/audited-store.ts';
import type { NoticeHeld } from './closing/closing-notice.ts';
import type { Warrant } from './warrant-form.ts';

/** What every store tells about itself; no secret in it. */
export interface StoreIdentity {
  readonly storeId: StoreId;
  /** Ed25519, raw, 32 bytes: signs acknowledgements. */
  readonly publicKey: Uint8Array;
  /** The cipher that copies on this store are under; the store never has a key for it. */
  readonly suite: string;
  readonly place: StorePlace;
  /** Grows whenever the shelf is founded anew: an empty shelf under an old name is a lost one. */
  readonly inventoryEpoch: number;
}

export interface StorePlace {
  /** Id in the city list, or "lat,lon". */
  readonly city: string;
  readonly lat: number;
  readonly lon: number;
  /** Synchronous power area; stores in one share black-outs. */
  readonly powerArea: string;
}

export interface CopyStat {
  readonly copyId: CopyId;
  readonly leafCount: number;
  /** Merkle root over the outer bytes, 32 bytes. */
  readonly root: Uint8Array;
  /** One SHA-256 per leaf, concatenated. */
  readonly leafHashes: Uint8Array;
}

/**
 * A copy on its way in. Bytes come in order, in whole leaves. `write` may be called again before an earlier
 * call has resolved: the order of the calls is the order of the bytes.
 */
export interface CopyReceiver {
  /** `outer` is a multiple of the leaf size, page-aligned where possible, and may be reused when this resolves. */
  write(outer: Uint8Array): Promise<void>;
  /**
   * Makes the copy durable under its name, re-reads its length and two random leaves past the page
   * cache, and signs. Throws `already_exists` if the name is taken by other bytes; the same bytes
   * are acknowledged again.
   */
  finish(): Promise<AcknowledgedCopy>;
  /** Leaves nothing behind. Never throws. */
  abort(): void;
}

export interface AcknowledgedCopy {
  readonly acknowledgement: StoreAcknowledgement;
  /** One SHA-256 per leaf, concatenated: what the store says leads to the root that it signed. */
  readonly leafHashes: Uint8Array;
}

/** Leaves that are read while they arrive. Whole windows. */
export interface LeavesWanted {
  readonly copyId: CopyId;
  readonly first: number;
  readonly count: number;
  /** Where they go, all of them. */
  readonly into: Uint8Array;
  /** By how much they are handed on: whole windows. */
  readonly partBytes: number;
  /** The table is not known yet: it comes in the same answer. */
  readonly withTable: boolean;
  readonly signal?: AbortSignal;
}

/** Hears of an answer in its order; what it throws ends the answer. */
export interface LeafTaker {
  /** Once, before any leaf, if the table was wanted. Believed by nobody yet. */
  onTable(stat: CopyStat): void;
  /** The next part of `into` is there, `partBytes` or what is left; it may be changed in its place. */
  onPart(part: Uint8Array): void;
}

/** What whoever restores needs of a store. */
export interface StoreReader {
  readonly identity: StoreIdentity;
  /** Whole windows only; `leafCount` is a multiple of the window, or reaches the end. */
  fetch(
    copyId: CopyId,
    firstLeaf: number,
    leafCount: number,
    into: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void>;
  stat(copyId: CopyId): Promise<CopyStat>;
  /** Table and leaves in one answer; absent where no line is between, and nothing arrives. */
  stream?(wanted: LeavesWanted, taker: LeafTaker): Promise<void>;
}

export interface StorePort extends StoreReader {
  /**
   * `sizeBytes`: what will be written, at the most; a store on another machine needs it exactly. Throws
   * whatever keeps the store from taking a copy of this member.
   */
  receive(copyId: CopyId, member: MemberId, sizeBytes: number): Promise<CopyReceiver>;
  /** As known last: a store on another machine tells it now and then. */
  freeBytes(): number;
}

/** What a store is told of members who are given notice (docs/design/removal.md, By the operator). */
export interface NoticedStore {
  /**
   * Files a notice of closing, or counts on; durable when it resolves. Throws `refused` unless the coordinator gives
   * it, and the owner has consented to it and not taken that back.
   */
  hearNotice(notice: Uint8Array): Promise<NoticeHeld>;
  /** The owner's, of a closing consent; durable when it resolves. */
  takeWithdrawal(pseudonym: MemberId, withdrawal: Uint8Array): Promise<void>;
}

/** For whoever runs the store, never over a network. */
export interface StoreKeeperPort extends StorePort, AuditedStore, NoticedStore {
  /** In order of their names. */
  enumerate(): AsyncIterable<CopyId>;
  /** Re-reads the whole copy and signs for it once more. Throws `missing` or `corrupt`. */
  acknowledge(copyId: CopyId): Promise<StoreAcknowledgement>;
  /** Destroys what a valid warrant names; anything else is `refused`. Returns what was removed. */
  remove(warrant: Warrant): Promise<readonly CopyId[]>;
  scrub(copyId: CopyId): Promise<ScrubResult>;
}

export type ScrubState = 'intact' | 'healed' | 'damaged' | 'missing';

export interface ScrubResult {
  readonly copyId: CopyId;
  readonly state: ScrubState;
  /** Leaves that did not match, healed or not. */
  readonly badLeaves: readonly number[];
}
