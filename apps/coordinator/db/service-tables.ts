// The tables that only a service fills, as types: what the work of gateways and background work leaves.
import type { DeviceId, MemberId, PackId, SessionId, SnapshotId, StoreId } from '@kura/base';

/**
 * claimed: somebody is at work while `until_ms` lasts · received: safe in a gateway's spool · challenged: a
 * store failed its authentication, the device has to say that it is still there · stored: `record` is there.
 */
export type UploadState = 'claimed' | 'received' | 'challenged' | 'stored';

/** A pack on its way. The digest is pinned before a byte is encrypted: one id never meets two contents. */
export interface UploadsTable {
  readonly member_id: MemberId;
  readonly pack_id: PackId;
  readonly device_id: DeviceId;
  /** Within which it is sent; the contract was judged when that began. */
  readonly session_id: SessionId;
  /** SHA-256 of the sealed pack. */
  readonly digest: Uint8Array;
  readonly leaf_count: number;
  readonly state: UploadState;
  readonly gateway_id: string;
  /** Of one request: two requests of one gateway are two holders. */
  readonly holder: string;
  readonly claimed_ms: number;
  readonly until_ms: number;
  readonly challenge: Uint8Array | null;
  readonly challenge_store: StoreId | null;
  /** A `PackRecord` as the wire writes it. */
  readonly record: string | null;
}

/** By which name and key a store's copies of one member go. */
export interface StoreMembersTable {
  readonly store_id: StoreId;
  readonly member_id: MemberId;
  readonly pseudonym: MemberId;
  /** Of a network that was adopted; null: it follows from the gateways' secret. */
  readonly copy_key: Uint8Array | null;
  /** The coordinator's, for the store to file; null where the store's own record knows the owner. */
  readonly admission: Uint8Array | null;
}

export interface StoreScoresTable {
  readonly store_id: StoreId;
  /** Halves with every hour since `last_ms`. */
  readonly failures: number;
  readonly last_ms: number;
}

export interface GatewaysTable {
  readonly gateway_id: string;
  /** "host:port", as stores and devices reach it. */
  readonly address: string;
  readonly seen_ms: number;
}

/** Which gateway a store was connected to lately. */
export interface LinksTable {
  readonly store_id: StoreId;
  readonly gateway_id: string;
  readonly seen_ms: number;
}

/** early: of a closing whose store has not known the notice for its days; it waits for the store's word. */
export type WarrantState = 'early' | 'waiting' | 'obeyed' | 'revoked';

export interface WarrantsTable {
  readonly warrant_id: string;
  readonly member_id: MemberId;
  readonly store_id: StoreId;
  /** As it travels (`encodeWarrant`). */
  readonly body: Uint8Array;
  readonly not_before_ms: number;
  readonly state: WarrantState;
}

export interface NoticesTable {
  readonly member_id: MemberId;
  readonly number: number;
  /** JSON: what the card has to learn; empty once it is stored. */
  readonly body: string;
  /** The coordinator's over the body, hex. */
  readonly signature: string;
  /** overtaken: its copies are a pack that is being destroyed, and the owner's next prune orders their removal. */
  readonly state: 'waiting' | 'stored' | 'overtaken';
  /** Where it lies (`recordText`); null: nowhere yet, or nobody noted it. */
  readonly record: string | null;
  /** Its name at the stores (`noticeName`); no row of `packs` has it. */
  readonly pack_id: PackId;
  readonly made_ms: number;
  readonly next_ms: number;
  readonly tries: number;
}

/** A backup whose device has hung up: a snapshot when its packs have their copies. */
export interface EarlyCommitsTable {
  readonly member_id: MemberId;
  readonly snapshot_id: SnapshotId;
  readonly session_id: SessionId;
  /** As it travelled (`encodeCommit`). */
  readonly body: Uint8Array;
  readonly made_ms: number;
}

export interface LeasesTable {
  readonly name: string;
  readonly holder: string;
  /** Grows with every new holder: whoever has an old one writes nothing any more. */
  readonly epoch: number;
  readonly until_ms: number;
}

export interface ServiceTables {
  uploads: UploadsTable;
  store_members: StoreMembersTable;
  store_scores: StoreScoresTable;
  gateways: GatewaysTable;
  links: LinksTable;
  warrants: WarrantsTable;
  notices: NoticesTable;
  early_commits: EarlyCommitsTable;
  leases: LeasesTable;
}
