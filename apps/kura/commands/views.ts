// What the work behind a command answers. Plain data: the commands turn it into tables and JSON.
import type { EarlyFault, EarlyLook } from '@kura/agent/early/look-early.ts';
import type { SessionSubject } from '@kura/agent/journal/subject.ts';
import type { ByteString, DeviceId, MemberId, PackId, SnapshotId, StoreId } from '@kura/base';
import type { CopyState, PackState, StoreState } from '@kura/contract';
import type { BackupKind, SnapshotStatistics } from '@kura/format/types.ts';
import type { FileType } from '@kura/native';

export interface PlaceView {
  /** Id in the city list, or "lat,lon". */
  readonly city: string;
  /** "Osaka"; the coordinates, if the list has no such place. */
  readonly cityName: string;
  readonly lat: number;
  readonly lon: number;
}

export interface StoreView extends PlaceView {
  readonly storeId: StoreId;
  readonly folder: string;
  readonly cipher: string;
  readonly state: StoreState;
  readonly freeBytes: number;
}

export interface NetworkView {
  readonly memberId: MemberId;
  readonly home: PlaceView;
  readonly copies: number;
  readonly stores: readonly StoreView[];
}

export interface SnapshotView {
  readonly id: SnapshotId;
  /** Who signed it. */
  readonly deviceId: DeviceId;
  /** What the device says. */
  readonly timeMs: number;
  /** When the log took it; undefined if nobody says, as with a card alone. */
  readonly loggedMs: number | undefined;
  readonly leafIndex: number;
  readonly hostname: string;
  readonly username: string;
  readonly paths: readonly ByteString[];
  readonly tags: readonly string[];
  readonly kind: BackupKind;
  /** What an incremental or differential was compared with. */
  readonly parent: SnapshotId | undefined;
  /** Chunk id of the root page, hexadecimal. */
  readonly tree: string;
  readonly original: SnapshotId | undefined;
  readonly statistics: SnapshotStatistics;
  /** undefined: it was never proved restorable · unknown: nobody here can say, as with a card alone. */
  readonly proof: ProofView | 'unknown' | undefined;
}

/** Files of a snapshot that came back as they were saved. */
export interface ProofView {
  readonly provedMs: number;
  readonly files: number;
  readonly bytes: number;
  readonly totalFiles: number;
  readonly totalBytes: number;
}

export interface DrilledView extends Omit<ProofView, 'provedMs'> {
  readonly snapshot: SnapshotView;
  readonly durationMs: number;
}

/** Something that could not be done, while the rest could. */
export interface ProblemView {
  readonly path: ByteString;
  readonly why: string;
}

export interface BackupView {
  /** Undefined after a dry run. */
  readonly snapshotId: SnapshotId | undefined;
  readonly kind: BackupKind;
  readonly statistics: SnapshotStatistics;
  /** The fewest copies, of any pack of this snapshot, that can be reached now. */
  readonly copiesMin: number;
  readonly copiesWanted: number;
  /** Packs of this snapshot with fewer copies within reach than are wanted. */
  readonly packsBelowStrength: number;
  /** Files that could not be read; the snapshot exists all the same. */
  readonly problems: readonly ProblemView[];
  readonly problemCount: number;
  readonly receipt: { readonly leafIndex: number; readonly witnessed: boolean } | undefined;
  /** A gateway has it: it is a snapshot when the network says so. */
  readonly isTakenOver: boolean;
  /** Earlier ones that were handed over and not seen at the stores yet. */
  readonly early: readonly EarlyView[];
}

/** What this device has seen of a backup that it handed over. */
export interface EarlyView extends Omit<EarlyLook, 'faults' | 'away'> {
  readonly faults: readonly (EarlyFault & { readonly cityName: string | undefined })[];
  readonly awayCities: readonly string[];
}

export interface NodeView {
  /** Absolute in the snapshot. */
  readonly path: ByteString;
  readonly type: FileType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly inode: bigint;
  readonly links: number;
  readonly target: ByteString;
}

/** added and removed as they say · content · attributes: owner, mode, times · type: file became folder. */
export type ChangeKind = 'added' | 'removed' | 'content' | 'attributes' | 'type';

export interface ChangeView {
  readonly path: ByteString;
  readonly kind: ChangeKind;
  readonly type: FileType;
  readonly bytesAdded: number;
  readonly bytesRemoved: number;
}

export interface CopyView extends PlaceView {
  readonly storeId: StoreId;
  readonly folder: string;
  readonly cipher: string;
  readonly state: CopyState | 'unreachable';
  /** Why placement chose this store. */
  readonly reason: string;
}

export interface PackView {
  readonly packId: PackId;
  readonly sizeBytes: number;
  readonly state: PackState;
  readonly copies: readonly CopyView[];
}

export interface StatsView {
  readonly snapshotsCount: number;
  readonly totalBytes: number;
  readonly totalFiles: number;
  /** `raw-data` only. */
  readonly packs: number | undefined;
  readonly chunks: number | undefined;
  readonly uncompressedBytes: number | undefined;
}

export interface JournalView {
  readonly sessionId: string;
  readonly kind: string;
  readonly beganMs: number;
  readonly endedMs: number | undefined;
  readonly outcome: string;
  readonly figures: Readonly<Record<string, number | string | boolean>>;
  /** What it was about; undefined: nobody said, or not to this member. */
  readonly subject: SessionSubject | undefined;
  /** Where the packs that it wrote lie now; undefined: a card was not told. */
  readonly places: readonly JournalPlace[] | undefined;
}

export interface JournalPlace {
  readonly storeId: StoreId;
  /** As people write it; undefined for a store that is not of the network any more. */
  readonly cityName: string | undefined;
  readonly copies: number;
}

export interface NewestHeadView {
  readonly snapshotId: SnapshotId;
  /** By the clock of the device that made it. */
  readonly timeMs: number;
  /** When the log took it, as its receipt says; undefined if none is at hand. */
  readonly loggedMs: number | undefined;
  readonly isWitnessed: boolean;
  /** Whether the network shows it. */
  readonly isShown: boolean;
}

/** As of docs/design/heads.md. */
export interface HistoryFindingView {
  readonly kind: 'older' | 'forked' | 'missing' | 'returned' | 'unordered' | 'moved';
  readonly snapshotId: SnapshotId;
  readonly timeMs: number | undefined;
  /** A snapshot that is there and names it. */
  readonly namedBy: SnapshotId | undefined;
}

/** What the network shows of the history, against what this device and its card knew before. */
export interface HistoryView {
  /** Of all that are known or shown, the newest in the log. */
  readonly newest: NewestHeadView | undefined;
  readonly knownHeads: number;
  /** Absent, and a person has said to go on without. */
  readonly acceptedHeads: number;
  /** At most 1000 of them. */
  readonly findings: readonly HistoryFindingView[];
  /** Of all of them, and of the log. */
  readonly findingCount: number;
  /** continues: every head of the log that was seen here is part of it · older, split: it is not. */
  readonly log: 'continues' | 'older' | 'split';
  /** The file of the evidence. */
  readonly evidence: string | undefined;
}

export interface RestoreView {
  readonly history: HistoryView;
  readonly restored: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly skipped: number;
  readonly deleted: number;
  readonly bytes: number;
  readonly neededBytes: number;
  readonly freeBytes: number;
  readonly durationMs: number;
  readonly problems: readonly ProblemView[];
  readonly problemCount: number;
}

/** lost: nothing intact is left · weak: below the wanted number of copies · damaged: healed by repair. */
export interface HurtPackView {
  readonly packId: PackId;
  readonly isLost: boolean;
  readonly intactCopies: number;
  readonly wantedCopies: number;
  readonly hurt: readonly {
    readonly storeId: StoreId;
    readonly cityName: string;
    readonly why: string;
  }[];
}

export interface CheckView {
  /** Snapshots that were ever proved restorable, and the time of the oldest of these proofs. */
  readonly proofs: { readonly count: number; readonly oldestMs: number | undefined };
  readonly history: HistoryView;
  readonly packs: number;
  readonly snapshots: number;
  readonly copiesRead: number;
  readonly bytesRead: number;
  readonly hurtStores: readonly { readonly store: StoreView; readonly why: string }[];
  /** Stores at which something is feared, by the newest risk table; nothing is hurt yet. */
  readonly storesInDanger: readonly { readonly store: StoreView; readonly why: string }[];
  /** False: only when their owner says so. */
  readonly movesThemselves: boolean;
  /** At most 1000 of them. */
  readonly hurtPacks: readonly HurtPackView[];
  readonly hurtPackCount: number;
  readonly lostPackCount: number;
  /** Without a copy that can be read now; a store that is away may have one. */
  readonly awayPackCount: number;
  /** Snapshots that need what no store has any more. */
  readonly lostSnapshots: readonly SnapshotId[];
  /** Locked ones whose stamps do not agree: what they hold is there, and nothing opens it. */
  readonly shutSnapshots: readonly { readonly id: SnapshotId; readonly why: string }[];
  readonly early: readonly EarlyView[];
}

export interface RepairStepView {
  /** heal: on the shelf, by parity · rewrite: the same copy, from another · place: a new store. */
  readonly act: 'heal' | 'rewrite' | 'place';
  readonly cityName: string;
  readonly folder: string;
  readonly copies: number;
  readonly bytes: number;
}

export interface RepairPlanView {
  readonly steps: readonly RepairStepView[];
  /** Packs that cannot come back to full strength, and why. */
  readonly hopeless: readonly { readonly packs: number; readonly why: string }[];
}

export interface RepairView {
  readonly copiesHealed: number;
  readonly copiesWritten: number;
  readonly bytesWritten: number;
  readonly packsBelowStrength: number;
  /** Nobody can say before a store is back. */
  readonly packsAway: number;
  readonly packsLost: number;
  /** Why packs are not at strength, each reason once. */
  readonly failures: readonly string[];
}

export interface PruneView {
  readonly packsTotal: number;
  readonly packsUnused: number;
  readonly packsRepacked: number;
  readonly packsRemoved: number;
  /** Of all copies, at the stores. */
  readonly bytesFreed: number;
  readonly bytesUnusedLeft: number;
  /** Marked, and waiting for a session that still lives. */
  readonly packsWaiting: number;
}

export interface TagView {
  readonly from: SnapshotId;
  readonly to: SnapshotId;
}

export interface CacheView {
  readonly folder: string;
  readonly indexBytes: number;
  readonly packBytes: number;
  readonly indexedPacks: number;
  readonly freedBytes: number;
}

export interface MemberView {
  readonly memberId: MemberId;
  readonly deviceId: string;
  readonly ownerKey: string;
  readonly keyEpoch: number;
  readonly network: NetworkView;
}

export interface AdoptionView {
  readonly networkId: string;
  /** Stores that are handed over, and not in the network yet; none: the home is the network's now. */
  readonly waiting: readonly StoreView[];
  /** What was taken over; undefined while stores are waited for. */
  readonly taken:
    | {
        readonly stores: number;
        readonly packs: number;
        readonly copies: number;
        /** Those that were not there before. */
        readonly snapshots: number;
        /** Copies that were read through the network and are as recorded. */
        readonly sampled: number;
      }
    | undefined;
  /** A backup of the old network was running at the end: what it saves is taken over by the same command later. */
  readonly isLate: boolean;
}

export interface AuditRunView {
  /** That were asked for and were right. */
  readonly leaves: number;
  readonly compared: number;
  readonly readInFull: number;
  readonly lineBytes: number;
  /** Answers that are not as they should be. */
  readonly faults: number;
  readonly waiting: number;
}

export interface OwnAuditView {
  /** Those that have copies of this member. */
  readonly stores: readonly {
    readonly store: StoreView;
    readonly copies: number;
    /** Places that were asked for, and those that were as recorded. */
    readonly asked: number;
    readonly right: number;
    readonly bytesRead: number;
    /** What is wrong with each copy that is not as recorded. */
    readonly faults: readonly string[];
    /** Why it could not be asked, or not to the end. */
    readonly away: string | undefined;
  }[];
}

export interface MovesRunView {
  /** Copies that were made and count. */
  readonly added: number;
  readonly addedBytes: number;
  /** Copies that their stores have confirmed to be gone. */
  readonly retired: number;
  /** Packs that are on their way, and cannot go on now. */
  readonly waiting: number;
}

export interface RecoveryView {
  readonly network: NetworkView;
  readonly snapshots: readonly SnapshotView[];
  readonly packs: number;
  /** Found, and their list of chunks is damaged in every copy. */
  readonly packsUnreadable: number;
  /** Damaged beyond healing, or another member's. */
  readonly copiesPassedOver: number;
  /** Of which something is in no pack that was found. */
  readonly snapshotsIncomplete: number;
  /** Others name them, and no store has them: forgotten before, or lost. */
  readonly snapshotsAbsent: number;
  /** As asked for, or as the snapshots say; the network keeps fewer if there are fewer stores. */
  readonly copiesWanted: number | undefined;
  /** Asked for, or said by a snapshot; else it is taken to be where the first store is. */
  readonly isHomeKnown: boolean;
}
