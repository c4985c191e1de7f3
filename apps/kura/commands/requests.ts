// What a person asked for, after parsing: no argument syntax is left in it. Paths are bytes, because that
// is what file names are.
import type { ByteString, PackId, SnapshotId } from '@kura/base';
import type { HangUp } from '@kura/contract';
import type { BackupKind } from '@kura/format/types.ts';

/** A city's id or name, or "lat,lon": whoever knows the city list reads it. */
export type PlaceText = string;

export type WordLanguage = 'english' | 'japanese';

export interface StoreChoice {
  /** Absolute folder. */
  readonly folder: string;
  readonly place: PlaceText;
}

export interface InitRequest {
  readonly stores: readonly StoreChoice[];
  /** Undefined: the place of the first store. */
  readonly home: PlaceText | undefined;
  readonly copies: number;
}

export interface JoinRequest {
  /** As it was given: "kura-invite:…". */
  readonly invitation: string;
  /** The name to log in with. */
  readonly account: string;
  readonly home: PlaceText;
  readonly device: string;
  /** Absolute; undefined: in the home. */
  readonly card: string | undefined;
  /** As typed; undefined: new keys are made. */
  readonly words: string | undefined;
  /** Asked for when it is needed. */
  readonly loginPassphrase: () => Promise<string>;
}

/** A further device of a member. */
export interface FurtherDeviceRequest {
  /** As it was given: "kura-network:…"; undefined: the known card has it. */
  readonly network: string | undefined;
  readonly account: string;
  readonly device: string;
  /** Absolute; undefined: in the home. */
  readonly card: string | undefined;
  /** Where the member's keys are: the recovery words as typed, or the absolute folder of a card. */
  readonly from: { readonly words: string } | { readonly card: string };
  readonly loginPassphrase: () => Promise<string>;
}

export interface LoginRequest {
  readonly device: string;
  readonly loginPassphrase: () => Promise<string>;
}

export interface AdoptRequest {
  /** Undefined: of an adoption that has begun. */
  readonly joining: Pick<JoinRequest, 'invitation' | 'account' | 'card'> | undefined;
  readonly device: string;
  readonly loginPassphrase: () => Promise<string>;
}

export interface RecoverRequest {
  /** As typed: checked by whoever knows the word lists. */
  readonly words: string;
  /** Absolute folders. */
  readonly storeFolders: readonly string[];
  /** Default: what the snapshots say. */
  readonly home: string | undefined;
  readonly copies: number | undefined;
}

/** Bytes a second over the line, in each direction; undefined: as fast as it goes. */
export interface LineLimits {
  readonly uploadBytesPerS: number | undefined;
  readonly downloadBytesPerS: number | undefined;
}

/** The stores here are folders: no line is between. */
export const NO_LIMITS: LineLimits = {
  uploadBytesPerS: undefined,
  downloadBytesPerS: undefined,
};

export interface BackupRequest {
  readonly limits: LineLimits;
  /** Absolute, normalised. Empty with `stream`. */
  readonly paths: readonly ByteString[];
  /** Patterns, all well formed: what matches stays out, with everything below it. */
  readonly exclude: readonly string[];
  readonly excludeCaches: boolean;
  readonly oneFileSystem: boolean;
  readonly kind: BackupKind | 'auto';
  readonly hostname: string;
  readonly username: string;
  readonly tags: readonly string[];
  readonly dryRun: boolean;
  /** Default late. */
  readonly hangUp?: HangUp;
  /** `--stdin`: saved as one file under this absolute path. */
  readonly stream:
    | { readonly path: ByteString; readonly bytes: AsyncIterable<Uint8Array> }
    | undefined;
  /** Under keys of its own, which only stamps that agree give back. */
  readonly isLocked?: boolean;
}

export interface ListRequest {
  readonly snapshot: SnapshotId;
  readonly folder: ByteString;
  readonly isDeep: boolean;
}

export interface DiffRequest {
  readonly from: SnapshotId;
  readonly to: SnapshotId;
  /** Also entries of which only owner, mode, times or attributes differ. */
  readonly metadata: boolean;
}

/** What `stats` counts, as restic does. */
export const STATS_MODES = ['restore-size', 'files-by-contents', 'raw-data'] as const;
export type StatsMode = (typeof STATS_MODES)[number];

export interface StatsRequest {
  readonly snapshots: readonly SnapshotId[];
  readonly mode: StatsMode;
}

export const OVERWRITE_RULES = ['always', 'if-changed', 'if-newer', 'never'] as const;
export type OverwriteRule = (typeof OVERWRITE_RULES)[number];

export interface RestoreRequest {
  readonly limits: LineLimits;
  /** A city or the beginning of a store's id: read from there if it can be. */
  readonly from: string | undefined;
  /** Each pack from any of its stores. */
  readonly isRandom: boolean;
  readonly snapshot: SnapshotId;
  /** "/" is the whole snapshot. */
  readonly path: ByteString;
  /** Absolute. */
  readonly target: ByteString;
  /** Path below the root of the restore; `prune`: nor anything below it. */
  readonly matches: ((path: ByteString) => boolean | 'prune') | undefined;
  readonly overwrite: OverwriteRule;
  readonly delete: boolean;
  readonly verify: boolean;
  readonly dryRun: boolean;
  readonly sparse: boolean;
  /** Also if the history is not as it is known here. */
  readonly acceptOlder: boolean;
}

/** How much of a snapshot a drill restores. */
export interface DrillRequest {
  readonly snapshot: SnapshotId;
  readonly limits: { readonly files: number; readonly bytes: number };
  /** Absolute; undefined: where the system keeps temporary files. */
  readonly scratch: string | undefined;
}

export interface DumpRequest {
  /** As of a restore. */
  readonly acceptOlder: boolean;
  readonly snapshot: SnapshotId;
  readonly path: ByteString;
  /** The bytes may be reused once the promise resolves. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

/** none: tables, indexes and presence · all or a part: copies are read, opened and compared. */
export type ReadData =
  | { readonly kind: 'none' }
  | { readonly kind: 'all' }
  /** The n-th of m equal parts, 1 ≤ n ≤ m. */
  | { readonly kind: 'part'; readonly part: number; readonly of: number }
  /** A random share, 0–1. */
  | { readonly kind: 'share'; readonly share: number };

export interface CheckRequest {
  /** What is shown is the history from now on. */
  readonly acceptOlder: boolean;
  readonly readData: ReadData;
}

/** How much of what is stored may be unused before it is worth repacking. */
export type UnusedLimit =
  | { readonly kind: 'unlimited' }
  | { readonly kind: 'share'; readonly share: number }
  | { readonly kind: 'bytes'; readonly bytes: number };

export interface PruneRequest {
  readonly dryRun: boolean;
  readonly maxUnused: UnusedLimit;
}

export interface TagRequest {
  readonly snapshots: readonly SnapshotId[];
  readonly set: readonly string[] | undefined;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

export interface FindPackRequest {
  readonly packId: PackId;
  /** Asked by multicast, on these of this machine's addresses or on all; undefined: the stores that are known. */
  readonly nearby: { readonly addresses?: readonly string[]; readonly waitMs: number } | undefined;
}
