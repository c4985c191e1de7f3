// The tables as types: what lies in every column, once. Ids are lower-case hex, times are
// milliseconds since 1970, and a *tick* is a number from a member's own counter: it orders that member's
// marks, sessions, commits and changes, which clocks cannot do.
import type {
  CopyId,
  DeviceId,
  MemberId,
  PackId,
  SessionId,
  SnapshotId,
  StoreId,
} from '@kura/base';
import type { Role } from '@kura/certificates';
import type { CopyState, PackState, StoreState } from '@kura/contract';
import type { Database } from '@kura/database';
import type { Kysely } from 'kysely';
import type { AuditTables } from './audit-tables.ts';
import type { ClosingTables } from './closing-tables.ts';
import type { CustodyTables } from './custody-tables.ts';
import type { HazardTables } from './hazard-tables.ts';
import type { HeadTables } from './head-tables.ts';
import type { InboxTables } from './inbox-tables.ts';
import type { IncidentTables } from './incident-tables.ts';
import type { LogTables } from './log-tables.ts';
import type { MoveTables } from './move-tables.ts';
import type { RemovalTables } from './removal-tables.ts';
import type { ScrubTables } from './scrub-tables.ts';
import type { ServiceTables } from './service-tables.ts';
import type { SessionTables } from './session-tables.ts';
import type { ValidityTables } from './validity-tables.ts';

/** embedded: one member, whose agent is the only one · service: programs that need not trust each other. */
export type NetworkKind = 'embedded' | 'service';

/** folder: of an embedded network · strict: dials out, has no open port · readable: cards read it directly. */
export type StoreKind = 'folder' | 'strict' | 'readable';

/** One row. */
export interface NetworkTable {
  readonly number: 1;
  readonly kind: NetworkKind;
  /** Of an embedded network its one member; of a service the network's own id. */
  readonly member_id: MemberId;
  /** NetworkShape as JSON; fixed when the network is founded. */
  readonly shape: string;
  readonly copies: number;
  readonly removal_delay_ms: number;
  readonly log_origin: string;
  readonly log_public_key: Uint8Array;
  /** Of the time before ticks were counted per member. */
  readonly ticks: number;
  /** Grows with every change of the directory of stores, so that it can be kept in memory. */
  readonly stores_tick: number;
  /** What the OPAQUE server needs, sealed under a key from the network's secret; null in an embedded network. */
  readonly login_setup: Uint8Array | null;
}

/** closed: it may still restore for a while; nothing of it may be stored. */
export type MemberState = 'active' | 'suspended' | 'closed';

export interface MembersTable {
  readonly member_id: MemberId;
  readonly state: MemberState;
  readonly state_since_ms: number;
  readonly ticks: number;
  readonly member_since_ms: number;
  /** What the owner of an embedded network chose; other plans have a rule instead. */
  readonly own_level: number;
  readonly home_name: string;
  readonly home_lat: number;
  readonly home_lon: number;
  readonly home_power_area: string;
  /** The last change of it, and the one before; null: none yet. */
  readonly home_since_ms: number | null;
  readonly home_before_ms: number | null;
  /** Ed25519: certifies devices, signs warrants. Null in an embedded network, whose stores know it. */
  readonly owner_key: Uint8Array | null;
  /** X25519: what the card needs after a move is sealed to it. */
  readonly notice_key: Uint8Array | null;
  /** SHA-256 of the SubjectPublicKeyInfo of the card's TLS certificate. */
  readonly card_key_hash: Uint8Array | null;
  readonly mail_address: string | null;
}

/** What a member gets for a fee. Null is no bound. */
export interface PlansTable {
  readonly plan_id: string;
  /** JSON list of { fromYears, level }, ascending; null: the owner says the level. */
  readonly levels: string | null;
  /** Sealed bytes of standing packs, not times copies. */
  readonly capacity_bytes: number | null;
  /** Snapshots that stand. */
  readonly archives: number | null;
  /** Hours of the week in UTC, as `members/week-hours.ts` writes them. */
  readonly hours: string | null;
  /** Backups in one day, UTC. */
  readonly uses_per_day: number | null;
  readonly fee_minor: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** The one in force is the last that began. */
export interface ContractsTable {
  readonly member_id: MemberId;
  readonly from_ms: number;
  readonly plan_id: string;
  readonly to_ms: number | null;
  readonly paid_until_ms: number | null;
}

export interface StoresTable {
  readonly store_id: StoreId;
  /** In the order in which they joined. */
  readonly number: number;
  readonly public_key: Uint8Array;
  readonly suite: string;
  readonly inventory_epoch: number;
  readonly city: string;
  readonly lat: number;
  readonly lon: number;
  readonly power_area: string;
  readonly state: StoreState;
  /** When it became `unreachable`; null in any other state. */
  readonly away_since_ms: number | null;
  readonly location: string;
  readonly base_risk: number;
  readonly free_bytes: number;
  /** Row A1: members of a lower level may not use this store. */
  readonly minimum_level: number;
  /** Of the last heartbeat; null before the first, and in an embedded network. */
  readonly seen_ms: number | null;
  readonly kind: StoreKind;
  /** Where cards and devices read; null: through a gateway. */
  readonly reader_address: string | null;
  readonly line_mbit: number | null;
  readonly capacity_bytes: number | null;
  /** Lower is asked first among equals. */
  readonly rank: number;
  readonly operator: string | null;
  /** Of the newest hold or release (`wire/hold-order.ts`); 0: there was none. */
  readonly hold_number: number;
  readonly is_held: 0 | 1;
  /** When it was ordered. */
  readonly hold_ms: number;
  /** The operator; null for one that only the store told of. */
  readonly hold_by: string | null;
  readonly hold_why: string;
  /** The number that the store told last. */
  readonly hold_heard: number;
}

export interface StoreChangesTable {
  readonly number: number;
  readonly store_id: StoreId;
  readonly time_ms: number;
  readonly what: string;
}

/** What a member has, counted in the transaction that changes it. Leaves of packs, not times copies. */
export interface UsageTable {
  readonly member_id: MemberId;
  readonly leaves: number;
  /** Of uploads that were claimed and are not recorded yet. */
  readonly claimed_leaves: number;
  readonly packs: number;
  readonly snapshots: number;
}

export interface PacksTable {
  readonly member_id: MemberId;
  readonly pack_id: PackId;
  readonly leaf_count: number;
  readonly state: PackState;
  /** Tick and time of the mark; null while standing. */
  readonly marked_at: number | null;
  readonly marked_ms: number | null;
  readonly recorded_ms: number;
  /** Tick of the last change of the pack or one of its copies. */
  readonly changed_at: number;
  /** When a copy of it was last added by a move, and when one was last retired; null: never. */
  readonly moved_ms: number | null;
  readonly retired_ms: number | null;
  /** That saved it; null: of an embedded network, of before it was written down, or brought along. */
  readonly device_id: DeviceId | null;
  /** Within which it was recorded; null: of before it was written down, or brought along. */
  readonly session_id: SessionId | null;
}

/** Ids that were used once: a pack id salts everything derived for the pack, so never again. */
export interface DroppedPacksTable {
  readonly member_id: MemberId;
  readonly pack_id: PackId;
  readonly dropped_ms: number;
  readonly dropped_at: number;
}

export interface CopiesTable {
  readonly member_id: MemberId;
  readonly pack_id: PackId;
  readonly store_id: StoreId;
  readonly copy_id: CopyId;
  readonly root: Uint8Array;
  readonly state: CopyState;
  readonly reason: string;
  /** Null for a copy that was found again after a total loss. */
  readonly added_ms: number | null;
  /** The store's last acknowledgement, when it read all of it; null as above. */
  readonly acknowledged_ms: number | null;
  readonly signature: Uint8Array | null;
}

export interface SnapshotsTable {
  readonly member_id: MemberId;
  readonly snapshot_id: SnapshotId;
  readonly pack_id: PackId;
  readonly predecessor: SnapshotId | null;
  readonly time_ms: number;
  readonly leaf_index: number;
  readonly committed_at: number;
  /** When the log took it, by the coordinator's clock; null of one from before this was kept, without a receipt. */
  readonly logged_ms: number | null;
}

/** Kept when a snapshot is forgotten: the log does not forget either. */
export interface ReceiptsTable {
  readonly member_id: MemberId;
  readonly snapshot_id: SnapshotId;
  readonly leaf_index: number;
  /** The log that the leaf is in: an adopted network keeps the receipts of its old one. */
  readonly log_origin: string;
  readonly body: string;
  /** Hashes in hex, separated by spaces. */
  readonly inclusion_proof: string;
  readonly checkpoint: string;
}

export interface AccountsTable {
  readonly name: string;
  readonly member_id: MemberId;
  /** OPAQUE's registration record, as the library writes it. */
  readonly record: string;
  readonly made_ms: number;
}

/** Logins that have begun; those that ended well are gone, so what is left are failures. */
export interface LoginsTable {
  readonly login_id: string;
  /** As given: also of accounts that do not exist. */
  readonly name: string;
  /** An address, or "device " and the hash of a key that the account's member has. */
  readonly origin: string;
  /** The OPAQUE server's, for two minutes; then null. */
  readonly state: string | null;
  readonly begun_ms: number;
}

/** What a one-time token lets in. */
export type TokenPurpose = 'member' | 'store' | 'gateway' | 'coordinator' | 'operator';

export interface TokensTable {
  readonly token_id: string;
  /** SHA-256. */
  readonly secret_hash: Uint8Array;
  readonly purpose: TokenPurpose;
  /** JSON, by purpose. */
  readonly details: string;
  /** Operator's name, or "founding". */
  readonly made_by: string;
  readonly made_ms: number;
  readonly until_ms: number;
  readonly used_ms: number | null;
  readonly failures: number;
}

/** card: reads without anybody's help, by grants over its TLS key; it has no certificate of the network. */
export type DeviceKind = 'device' | 'card';

export interface DevicesTable {
  readonly member_id: MemberId;
  readonly device_id: DeviceId;
  readonly kind: DeviceKind;
  /** Ed25519 of a device; of a card SHA-256 of its TLS key, whose beginning is its id. */
  readonly public_key: Uint8Array;
  readonly name: string;
  readonly added_ms: number;
  readonly revoked_ms: number | null;
}

/** Where a device is that is not at home; without a row, or without a name, its home stands for it. */
export interface DevicePlacesTable {
  readonly member_id: MemberId;
  /** In an embedded network no other table has it. */
  readonly device_id: DeviceId;
  readonly name: string | null;
  readonly lat: number | null;
  readonly lon: number | null;
  readonly power_area: string | null;
  /** The last change of it, and the one before; null: none yet. */
  readonly since_ms: number;
  readonly before_ms: number | null;
}

export interface CertificatesTable {
  /** 16 bytes, lower-case hex. */
  readonly serial: string;
  readonly role: Role;
  /** Its URI. */
  readonly subject: string;
  readonly key_hash: Uint8Array;
  readonly issued_ms: number;
  readonly not_after_ms: number;
  readonly revoked_ms: number | null;
  readonly why: string | null;
}

/** What cards may read with, until it is revoked. */
export interface GrantsTable {
  readonly serial: number;
  readonly member_id: MemberId;
  readonly store_id: StoreId;
  readonly key_hash: Uint8Array;
  readonly pseudonym: MemberId;
  readonly issued_ms: number;
  readonly revoked_ms: number | null;
}

export interface RevocationsTable {
  readonly number: number;
  readonly made_ms: number;
  /** As signed (`@kura/contract`, revocations.ts). */
  readonly list: Uint8Array;
}

export interface CoordinatorTables
  extends AuditTables,
    ClosingTables,
    CustodyTables,
    HazardTables,
    HeadTables,
    InboxTables,
    IncidentTables,
    LogTables,
    MoveTables,
    RemovalTables,
    ScrubTables,
    ServiceTables,
    SessionTables,
    ValidityTables {
  network: NetworkTable;
  members: MembersTable;
  stores: StoresTable;
  store_changes: StoreChangesTable;
  usage: UsageTable;
  packs: PacksTable;
  dropped_packs: DroppedPacksTable;
  copies: CopiesTable;
  snapshots: SnapshotsTable;
  receipts: ReceiptsTable;
  plans: PlansTable;
  contracts: ContractsTable;
  accounts: AccountsTable;
  logins: LoginsTable;
  tokens: TokensTable;
  devices: DevicesTable;
  device_places: DevicePlacesTable;
  certificates: CertificatesTable;
  grants: GrantsTable;
  revocations: RevocationsTable;
}

export type Rows = Kysely<CoordinatorTables>;
export type CoordinatorDatabase = Database<CoordinatorTables>;

/** The rows of one member: every query of custody begins with this id. */
export interface MemberRows {
  readonly rows: Rows;
  readonly memberId: MemberId;
}
