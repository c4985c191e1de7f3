// Where an agent keeps its state, below KURA_HOME. Everything but `member/` can be rebuilt from the
// recovery words and the stores.

export interface HomePaths {
  readonly folder: string;
  /** The root key under the passphrase (docs/design/keys.md). */
  readonly rootFile: string;
  /** This device's signing key, sealed. */
  readonly deviceFile: string;
  /** What this device knows of the history, sealed (docs/design/heads.md). */
  readonly headsFile: string;
  readonly database: string;
  /** Sealed lists of chunk ids per pack. */
  readonly indexFolder: string;
  /** Sealed folder packs, as they lie at the stores but without the outer cipher. */
  readonly packFolder: string;
  /** Sealed notes of interrupted backups. */
  readonly resumeFolder: string;
  /** Sealed notes of backups that were handed over and not seen at the stores yet. */
  readonly earlyFolder: string;
  readonly receiptFolder: string;
}

export function homePaths(folder: string): HomePaths {
  return {
    folder,
    rootFile: `${folder}/member/root.json`,
    deviceFile: `${folder}/member/device.sealed`,
    headsFile: `${folder}/member/heads.sealed`,
    database: `${folder}/network.db`,
    indexFolder: `${folder}/agent/index`,
    packFolder: `${folder}/agent/packs`,
    resumeFolder: `${folder}/agent/resume`,
    earlyFolder: `${folder}/agent/early`,
    receiptFolder: `${folder}/receipts`,
  };
}
