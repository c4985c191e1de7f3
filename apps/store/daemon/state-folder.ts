// The state of a store's programs, beside the shelf: small files, each replaced as a whole and durably. The store
// writes them; its reader only looks.
import { type Disk, KIB, KuraError, type Random } from '@kura/base';
import { MAX_REVOCATIONS_BYTES } from '@kura/contract';
import { replaceDurably, syncFolder, type WritePlace } from '../shelf/durable-write.ts';
import { sweepIncoming, systemProcesses } from '../shelf/sweep.ts';
import { readSmallFile } from '../small-file.ts';

/** Every file of the state, with the most that is read of it. */
export const STATE_FILES = {
  /** The network as it was told at enrolment. */
  network: { name: 'network.json', maxBytes: 64 * KIB },
  /** Ticket keys and keys of other stores, from the last heartbeat that brought any. */
  keys: { name: 'keys.json', maxBytes: 512 * KIB },
  /** The revocation list as it was signed. */
  revocations: { name: 'revocations', maxBytes: MAX_REVOCATIONS_BYTES },
  /** When a heartbeat was answered last, about. */
  seen: { name: 'seen', maxBytes: 64 },
  /** The newest hold or release of the operator. */
  hold: { name: 'hold.json', maxBytes: 4 * KIB },
  /** How far the store's own check has come. */
  scrub: { name: 'scrub.json', maxBytes: KIB },
  /** The store's certificate and its key, in one file: they are renewed together. */
  tls: { name: 'tls.json', maxBytes: 32 * KIB },
  /** The reader's, self-made. */
  readerTls: { name: 'reader-tls.json', maxBytes: 32 * KIB },
  readerStatement: { name: 'reader.statement', maxBytes: 4 * KIB },
} as const;

export type StateFile = keyof typeof STATE_FILES;

export class StateReader {
  readonly disk: Disk;
  readonly folder: string;

  constructor(disk: Disk, folder: string) {
    this.disk = disk;
    this.folder = folder;
  }

  get members(): string {
    return `${this.folder}/members`;
  }

  /** Of members who were given notice. */
  get closings(): string {
    return `${this.folder}/closings`;
  }

  /** Of a shelf that is no folder: what was found wrong with its copies. */
  get findings(): string {
    return `${this.folder}/findings`;
  }

  /** Of a shelf that is no folder: its mark. */
  get mark(): string {
    return `${this.folder}/mark`;
  }

  pathOf(file: StateFile): string {
    return `${this.folder}/${STATE_FILES[file].name}`;
  }

  /** Undefined if it is not there. */
  read(file: StateFile): Uint8Array | undefined {
    return readSmallFile(this.disk, this.pathOf(file), STATE_FILES[file].maxBytes);
  }

  readText(file: StateFile): string | undefined {
    const bytes = this.read(file);
    return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
  }

  /** Throws `no_network`, with what to do. */
  demand(file: StateFile): string {
    const text = this.readText(file);
    if (text !== undefined) return text;
    throw new KuraError('no_network', `${this.pathOf(file)} is not there`, {
      guidance: 'Enrol the store first: kura serve store --enrol',
    });
  }

  /** Differs whenever the file may have changed. */
  stampOf(file: StateFile): string {
    const found = this.disk.stat(this.pathOf(file));
    return found === undefined ? 'none' : `${found.modifiedMs} ${found.sizeBytes}`;
  }
}

export class StateFolder extends StateReader {
  readonly place: WritePlace;

  private constructor(disk: Disk, folder: string, place: WritePlace) {
    super(disk, folder);
    this.place = place;
  }

  /** Makes the folder if need be, and clears what a killed process left. */
  static async open(
    disk: Disk,
    folder: string,
    { random, nowMs }: { readonly random: Random; readonly nowMs: number },
  ): Promise<StateFolder> {
    const incoming = `${folder}/incoming`;
    const state = new StateFolder(disk, folder, {
      disk,
      incoming,
      processId: systemProcesses.id,
      random,
    });
    for (const path of [incoming, state.members]) disk.makeFolder(path);
    await syncFolder(disk, folder);
    sweepIncoming({ disk, incoming, processes: systemProcesses, nowMs });
    return state;
  }

  replace(file: StateFile, bytes: Uint8Array): Promise<void> {
    return replaceDurably(this.place, { path: this.pathOf(file), bytes });
  }
}
