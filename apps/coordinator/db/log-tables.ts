// The tables of the log: its loose leaves and full tiles, its newest heads, and the witnesses that cosign them
// (docs/design/log.md).

/** Leaves that are in no full tile yet: fewer than 256, but for a log that is older than its tiles. */
export interface LogEntriesTable {
  readonly leaf_index: number;
  readonly entry_hash: Uint8Array;
}

/** One row: what the next leaf needs, instead of all leaves. */
export interface LogFrontierTable {
  readonly number: 1;
  readonly size: number;
  /** Heads of the complete subtrees, largest first, 32 bytes each. */
  readonly peaks: Uint8Array;
  readonly checkpoint: string;
}

/** Full tiles of 256 hashes; inserted once, never changed. */
export interface LogTilesTable {
  readonly level: number;
  readonly number: number;
  /** 8192 bytes. */
  readonly hashes: Uint8Array;
  /** The one hash of the level above. */
  readonly root: Uint8Array;
}

/** One row: the newest checkpoint that enough witnesses have cosigned. */
export interface LogWitnessedTable {
  readonly number: 1;
  readonly size: number;
  /** A signed note, with the lines of the witnesses. */
  readonly checkpoint: string;
  readonly witnessed_ms: number;
}

/** Why a witness has not cosigned what it was asked last. */
export type WitnessTrouble = 'unreachable' | 'unknown' | 'rolled back' | 'forked';

export interface WitnessesTable {
  /** For people and for the policy; the name in its signatures is that of its key. */
  readonly name: string;
  /** "name+id+base64" */
  readonly verifier_key: string;
  /** "https://…", without a slash at its end. */
  readonly url: string;
  readonly added_ms: number;
  readonly cosigned_size: number;
  /** Null: it never has. */
  readonly cosigned_ms: number | null;
  readonly trouble: WitnessTrouble | null;
}

/** At most one row; without it every witness has to cosign. */
export interface WitnessQuorumTable {
  readonly number: 1;
  readonly quorum: number;
}

export interface LogTables {
  log_entries: LogEntriesTable;
  log_frontier: LogFrontierTable;
  log_tiles: LogTilesTable;
  log_witnessed: LogWitnessedTable;
  witnesses: WitnessesTable;
  witness_quorum: WitnessQuorumTable;
}
