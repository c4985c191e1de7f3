// Where a device keeps what it knows of the history: in its home and, if it has one, on its card. Each place is
// replaced whole; one that cannot be written is told, and fails nothing that was done.
import { asFault, type Disk, equalBytes, KuraError, type Random } from '@kura/base';
import { openLocal, sealLocal } from '@kura/member-seal';
import type { HomePaths } from '../home.ts';
import { readSmallFile, replaceFile } from '../small-file.ts';
import {
  decodeHistory,
  encodeHistory,
  inLog,
  type KnownHistory,
  MAX_HISTORY_BYTES,
  mergeHistories,
  NOTHING_KNOWN,
} from './known-history.ts';

export interface HistoryPlace {
  /** For messages: "this device", "the card in /media/stick". */
  readonly name: string;
  /** Undefined if nothing was ever kept there; throws `corrupt` or `unsupported`. */
  read(): Uint8Array | undefined;
  write(bytes: Uint8Array): Promise<void>;
}

export interface HistoryMemoryOptions {
  readonly places: readonly HistoryPlace[];
  /** Origin of the log that the network has now. */
  readonly log: string;
  /** Something that the person should know and that ends nothing. */
  readonly warn: (message: string) => void;
}

export class HistoryMemory {
  readonly #places: readonly HistoryPlace[];
  readonly #log: string;
  readonly #warn: (message: string) => void;

  constructor({ places, log, warn }: HistoryMemoryOptions) {
    this.#places = places;
    this.#log = log;
    this.#warn = warn;
  }

  /** What all places know together. */
  read(): KnownHistory {
    const known = this.#places.flatMap((place) => {
      try {
        const bytes = place.read();
        return bytes === undefined ? [] : [inLog(decodeHistory(bytes), this.#log)];
      } catch (error) {
        if (!(error instanceof KuraError)) throw error;
        this.#warn(`what ${place.name} knew of the history cannot be read: ${error.message}`);
        return [];
      }
    });
    return known.length === 0 ? inLog(NOTHING_KNOWN, this.#log) : known.reduce(mergeHistories);
  }

  /** Only where it is other than what is there: a stick lives longer. */
  async write(history: KnownHistory): Promise<void> {
    const bytes = encodeHistory(history);
    for (const place of this.#places) {
      try {
        const before = asThere(place);
        if (before === undefined || !equalBytes(before, bytes)) await place.write(bytes);
      } catch (error) {
        const { message } = asFault(error, 'it cannot be written');
        this.#warn(`${place.name} did not take over what is known of the history: ${message}`);
      }
    }
  }
}

/** Damaged counts as not there: it is replaced. */
function asThere(place: HistoryPlace): Uint8Array | undefined {
  try {
    return place.read();
  } catch (error) {
    if (error instanceof KuraError) return undefined;
    throw error;
  }
}

const PURPOSE = 'heads';
/** What sealing adds, and more. */
const MAX_FILE_BYTES = MAX_HISTORY_BYTES + 1024;

export interface HomeAccess {
  readonly disk: Disk;
  readonly random: Random;
  readonly home: HomePaths;
  readonly localKey: Uint8Array;
}

export function homeHistory({ disk, random, home, localKey }: HomeAccess): HistoryPlace {
  const { headsFile: path } = home;
  return {
    name: 'this device',
    read: () => {
      const refuse = (): never => {
        throw new KuraError('corrupt', `${path} is damaged: it is far too long`);
      };
      const sealed = readSmallFile(disk, { path, maxBytes: MAX_FILE_BYTES, refuse });
      return sealed && openLocal({ localKey, purpose: PURPOSE, sealed });
    },
    write: (bytes) =>
      replaceFile({ disk, random }, path, sealLocal({ localKey, purpose: PURPOSE, bytes, random })),
  };
}
