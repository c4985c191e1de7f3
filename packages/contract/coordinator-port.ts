// What an agent asks of its network. In an embedded network these are calls inside one process, in a
// service the same calls cross a wire: the agent cannot tell.
import type {
  CopyId,
  MemberId,
  NetworkShape,
  PackId,
  SessionId,
  SnapshotId,
  StoreId,
} from '@kura/base';
import type { StoreAcknowledgement } from './acknowledgement.ts';
import type { KeptOrder } from './forget-order.ts';
import type { StoreIdentity } from './store-port.ts';
import type { DestroyPackWarrant } from './warrant-form.ts';

/**
 * candidate: enrolled, not yet admitted by the operator · unreachable: does not answer now · draining: is read,
 * and emptied by moves · retired: empty, and no longer of the network · lost: came back empty, older, or never
 * will. Only an active store takes copies.
 */
export const STORE_STATES = [
  'candidate',
  'active',
  'unreachable',
  'draining',
  'retired',
  'lost',
] as const;
export type StoreState = (typeof STORE_STATES)[number];

export interface StoreDescription {
  readonly identity: StoreIdentity;
  readonly state: StoreState;
  /** Since when it has been missed; absent while it answers. */
  readonly awaySinceMs?: number;
  /** By the operator: nothing new goes there, and nothing is removed. */
  readonly isHeld?: boolean;
  /** Where an agent on this machine finds it (a folder), or its address. */
  readonly location: string;
  /** Kura's estimate of losing what lies there within a year, 0–1, before any live hazard. */
  readonly baseRisk: number;
  /** The same with live hazards, by the newest risk table of the member's level; absent: there is no table. */
  readonly riskNow?: number;
  /** Why nothing new should go there, if something is feared: "flood at Osaka". */
  readonly danger?: string;
  /** The member wants no copy there. */
  readonly isForbidden?: boolean;
  readonly freeBytes: number;
}

/** Where a member's data lies before it is saved: a home, or a device that is elsewhere. */
export interface PlaceDescription {
  /** City id or "lat,lon". */
  readonly name: string;
  readonly lat: number;
  readonly lon: number;
  readonly powerArea: string;
}

export type HomeDescription = PlaceDescription;

export interface NetworkDescription {
  readonly memberId: MemberId;
  readonly shape: NetworkShape;
  readonly home: HomeDescription;
  /** Where the saving device is, if it is not at home. A service does not say it: its gateways know. */
  readonly device?: PlaceDescription | undefined;
  /** Copies wanted of every pack, and the least that counts as safe. */
  readonly copies: number;
  readonly level: number;
  /** How long a destroy-pack warrant waits before a store obeys it. */
  readonly removalDelayMs: number;
  readonly stores: readonly StoreDescription[];
}

/** One chosen store, with the reason in words. */
export interface PlacementChoice {
  readonly storeId: StoreId;
  readonly reason: string;
}

// ── Upload ────────────────────────────────────────────────────────────────────────────────────────

export interface StoredCopy {
  readonly acknowledgement: StoreAcknowledgement;
  readonly reason: string;
  /** One SHA-256 per leaf, concatenated: for the agent's own check; not kept in tables. */
  readonly leafHashes: Uint8Array;
}

/** What the gateway did with one pack: the material of the agent's check and of the tables. */
export interface PackRecord {
  readonly packId: PackId;
  readonly leafCount: number;
  readonly copies: readonly StoredCopy[];
  /** Stores that failed on the way, and why: ranked down for the rest of the session. */
  readonly failures: readonly { readonly storeId: StoreId; readonly why: string }[];
}

export interface PackUpload {
  /** Whole leaves, in order, in page-aligned memory; they may be reused when the promise resolves. */
  write(sealed: Uint8Array): Promise<void>;
  /** All copies durable and acknowledged, or `too_few_stores`. */
  finish(): Promise<PackRecord>;
  /** Leaves nothing behind. Never throws. */
  abort(): void;
}

export interface PackSink {
  /** `expectedLeaves` bounds the size; the pack may end smaller, at another allowed size. */
  open(packId: PackId, expectedLeaves: number): Promise<PackUpload>;
}

// ── Tables ────────────────────────────────────────────────────────────────────────────────────────

/**
 * standing: counts · marked: prune found it unused, a backup may rescue it · destroying: warrants are
 * out, nothing may use it any more.
 */
export type PackState = 'standing' | 'marked' | 'destroying';

/** held: acknowledged · damaged: a check found it wrong · lost: its store or its file is gone. */
export type CopyState = 'held' | 'damaged' | 'lost';

export interface CopyRow {
  readonly storeId: StoreId;
  readonly copyId: CopyId;
  readonly root: Uint8Array;
  readonly state: CopyState;
  readonly reason: string;
}

export interface PackRow {
  readonly packId: PackId;
  readonly leafCount: number;
  readonly state: PackState;
  readonly markedMs: number | undefined;
  readonly copies: readonly CopyRow[];
}

/** When a device hangs up: when all copies are there, or as soon as a gateway has its packs (A19). */
export type HangUp = 'early' | 'late';

/** Of the journal, sealed; a device pads what it writes, so that all lines have one length. */
export const MAX_LINE_BYTES = 4096;

/** How a session ended, by its device's own word. */
export type SessionOutcome = 'done' | 'failed';

export type SessionKind = 'backup' | 'prune' | 'repair' | 'restore' | 'check';

export interface SnapshotHead {
  readonly snapshotId: SnapshotId;
  /** The pack that holds the signed record. */
  readonly packId: PackId;
  /** The device's previous head; undefined for its first. */
  readonly predecessor: SnapshotId | undefined;
  readonly deviceKey: Uint8Array;
  readonly timeMs: number;
  /** Packs the snapshot needs, for the receipt: Merkle root over their sorted ids, and the number. */
  readonly packSetRoot: Uint8Array;
  readonly packCount: number;
  /** 32 random bytes: whoever has only the log learns nothing from a leaf. */
  readonly leafSalt: Uint8Array;
}

export interface SnapshotRow {
  readonly snapshotId: SnapshotId;
  readonly packId: PackId;
  readonly predecessor: SnapshotId | undefined;
  /** What the device says. */
  readonly timeMs: number;
  readonly leafIndex: number;
  /** When the log took it, by the coordinator's clock; undefined where nobody says. */
  readonly loggedMs: number | undefined;
}

/** Files of a snapshot came back as they were saved: a device's own word about its member's own data. */
export interface RestoreProof {
  readonly snapshotId: SnapshotId;
  /** What was restored and compared. */
  readonly files: number;
  readonly bytes: number;
  /** What the snapshot has; the folders of all of it were read. */
  readonly totalFiles: number;
  readonly totalBytes: number;
}

export interface KeptProof extends RestoreProof {
  /** By the coordinator's clock. */
  readonly provedMs: number;
}

/** A signed proof of custody; `unwitnessed` as long as no witness has cosigned the log. */
export interface CustodyReceipt {
  readonly body: string;
  readonly leafIndex: number;
  readonly inclusionProof: readonly string[];
  readonly checkpoint: string;
  readonly witnessed: boolean;
}

export interface CoordinatorPort {
  describe(): Promise<NetworkDescription>;

  beginSession(kind: SessionKind): Promise<SessionId>;
  renewSession(session: SessionId): Promise<void>;
  /** Default: it did what it was for. */
  endSession(session: SessionId, outcome?: SessionOutcome): Promise<void>;
  /** What a living session is about: a line of the journal, sealed to its member; in place of one before. */
  noteSession(session: SessionId, line: Uint8Array): Promise<void>;

  /** Rows for durable copies. Asserts the spread; `refused` if the pack id was used before. */
  recordPacks(session: SessionId, packs: readonly PackRecord[]): Promise<void>;
  pack(packId: PackId): Promise<PackRow | undefined>;
  /** All packs, ordered by id, in pages. */
  packs(after: PackId | undefined, limit: number): Promise<readonly PackRow[]>;

  /** Log leaf first, then the head; the receipt is the acknowledgement. `refused` if packs are gone. */
  commitSnapshot(
    session: SessionId,
    head: SnapshotHead,
    uses: readonly PackId[],
  ): Promise<CustodyReceipt>;
  snapshots(): Promise<readonly SnapshotRow[]>;
  /**
   * `order`: signed by the owner (`signForgetOrder`). Its heads go, and it is kept for whoever misses them. What is
   * forgotten already is fine; `refused` if it is not this owner's.
   */
  forgetSnapshots(order: Uint8Array): Promise<void>;
  /** All orders that were kept, from the one after this number on. */
  forgetOrders(after: number, limit: number): Promise<readonly KeptOrder[]>;
  receipt(id: SnapshotId): Promise<CustodyReceipt | undefined>;
  /** In place of the proof before; `not_found` if there is no such snapshot. */
  noteProof(proof: RestoreProof): Promise<void>;
  /** The last one of each snapshot that stands and was ever proved restorable. */
  proofs(): Promise<readonly KeptProof[]>;

  /** Prune, first phase: these packs are unused as far as the caller can see. */
  markPacks(packs: readonly PackId[]): Promise<void>;
  /** A backup found a use for a marked pack. False: too late, it is being destroyed. */
  rescuePack(session: SessionId, packId: PackId): Promise<boolean>;
  unmarkPacks(packs: readonly PackId[]): Promise<void>;
  /**
   * Second phase: of `packs`, those marked before every session that now lives and before every
   * snapshot newer than `seenSnapshots` become `destroying` and are returned.
   */
  condemnPacks(
    session: SessionId,
    packs: readonly PackId[],
    seenSnapshots: readonly SnapshotId[],
  ): Promise<readonly PackId[]>;
}

/** What changed since a tick of the caller's own: rows as they are now, and packs that are gone. */
export interface PackChanges {
  /** Where the next question begins. */
  readonly tick: number;
  readonly rows: readonly PackRow[];
  readonly dropped: readonly PackId[];
  /** False: there is more, ask again from `tick`. */
  readonly isComplete: boolean;
}

/** What a service offers a device besides: the network looks after copies itself, and removes in its time. */
export interface ServicePort extends CoordinatorPort {
  /** The network looks at this copy, and repairs what it finds. */
  reportFault(packId: PackId, storeId: StoreId, why: string): Promise<void>;
  /** `sinceTick` 0: everything. */
  changedPacks(sinceTick: number, limit: number): Promise<PackChanges>;
  /**
   * As `commitSnapshot`, for a device that hangs up: undefined as long as packs are on their way to stores. The network
   * commits when all have their copies, ends the session, and tells how it went.
   */
  commitLater(
    session: SessionId,
    head: SnapshotHead,
    uses: readonly PackId[],
  ): Promise<CustodyReceipt | undefined>;
  /**
   * Drops the rows of these condemned packs; warrants wait at the network until their time has come. They must name
   * every copy of every pack, and nothing else.
   */
  orderRemoval(packs: readonly PackId[], warrants: readonly DestroyPackWarrant[]): Promise<void>;
}

/**
 * What only the keeper of the tables may do: in an embedded network its owner's agent, in a service the
 * coordinator and its gateways. A device of a member never says what state a copy is in.
 */
export interface KeeperPort extends CoordinatorPort {
  setCopyState(packId: PackId, storeId: StoreId, state: CopyState): Promise<void>;
  /** A repaired or added copy. */
  addCopy(packId: PackId, copy: StoredCopy): Promise<void>;
  dropCopy(packId: PackId, storeId: StoreId): Promise<void>;
  setStoreState(storeId: StoreId, state: StoreState): Promise<void>;
  /** The rows go before the bytes do. */
  dropPacks(packs: readonly PackId[]): Promise<void>;
}
