// A card: a folder on a stick or in the device, in it a folder per network with sealed files (docs/design/card.md).
// This is its lock and its shelves; what stands in the files is in the file beside this one.
import { KuraError, toHex, utf8 } from '@kura/base';
import {
  type CardKey,
  newCardKey,
  openLocal,
  sealLocal,
  type UnwrapOptions,
  unwrapCardKey,
  type WrapCost,
  wrapRoot,
} from '@kura/member-seal';
import { type FileAccess, readSmallFile, readSmallJson, replaceFile } from '../small-file.ts';

/** A network, as its id; there is one service so far. */
export interface CardPlace {
  readonly networkId: string;
  readonly service: 'custody';
}

export interface CardSettings extends FileAccess {
  /** Absolute. */
  readonly folder: string;
}

export interface CardToMake extends CardSettings {
  readonly passphrase: string;
  readonly cost: WrapCost;
}

export const LOCK_FILE = 'kura-card.json';
const MAX_LOCK_BYTES = 4096;
/** Stores of a large network take a few hundred KiB. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;
const CARD_ID_BYTES = 16;
const NETWORK_ID = /^[0-9a-f]{32}$/;
const NAME = /^[a-z0-9-]{1,64}(?:\/\d{6})?$/;

interface Lock {
  readonly version: 1;
  readonly cardId: string;
  readonly key: unknown;
}

export class CardFolder {
  readonly folder: string;
  /** 16 random bytes in hex. */
  readonly cardId: string;
  readonly #access: FileAccess;
  readonly #key: CardKey;

  private constructor(settings: CardSettings, { cardId, key }: { cardId: string; key: CardKey }) {
    this.folder = settings.folder;
    this.cardId = cardId;
    this.#access = settings;
    this.#key = key;
  }

  static isThere({ disk, folder }: CardSettings): boolean {
    return disk.stat(`${folder}/${LOCK_FILE}`) !== undefined;
  }

  /** Throws `already_exists` if there is a card. */
  static async make(settings: CardToMake): Promise<CardFolder> {
    const card = CardFolder.prepare(settings);
    await card.#lock(settings);
    return card;
  }

  /** A card without a lock, for files that are all written before anybody may find it. Throws `already_exists`. */
  static prepare(settings: CardSettings): CardFolder {
    const { folder, random } = settings;
    if (CardFolder.isThere(settings)) {
      throw new KuraError('already_exists', `there is a card in ${folder} already`, {
        guidance: 'Use it, or name another folder.',
      });
    }
    const key = newCardKey(random);
    const cardId = toHex(random.bytes(CARD_ID_BYTES));
    return new CardFolder(settings, { cardId, key });
  }

  /** Throws `not_found`, `wrong_passphrase`, `corrupt` or `unsupported`. */
  static async open(
    settings: CardSettings,
    passphrase: string,
    options: UnwrapOptions = {},
  ): Promise<CardFolder> {
    const { cardId, key } = readLock(settings);
    return new CardFolder(settings, {
      cardId,
      key: await unwrapCardKey(key, passphrase, options),
    });
  }

  /** The same key under another passphrase. */
  changePassphrase(passphrase: string, cost: WrapCost): Promise<void> {
    return this.#lock({ passphrase, cost });
  }

  /** The bytes of `name` ("stores", "receipts/000001"); undefined if it is not there, `corrupt` if it does not open. */
  read(place: CardPlace, name: string): Uint8Array | undefined {
    const path = this.#pathOf(place, name);
    const sealed = readSmallFile(this.#access.disk, {
      path,
      maxBytes: MAX_FILE_BYTES,
      refuse: () => damaged(path),
    });
    if (sealed === undefined) return undefined;
    try {
      return openLocal({ localKey: this.#key, purpose: purposeOf(place, name), sealed });
    } catch (error) {
      return damaged(path, error);
    }
  }

  /** Of the numbered files of a log ("receipts"), the highest number; 0 if there is none. */
  lastNumber({ networkId, service }: CardPlace, log: string): number {
    const { disk } = this.#access;
    const folder = `${this.folder}/${networkId}/${service}/${log}`;
    if (disk.stat(folder) === undefined) return 0;
    const numbers = disk
      .list(folder)
      .map(({ name }) => Number(/^(\d{6})\.sealed$/.exec(name)?.[1]));
    return Math.max(0, ...numbers.filter((number) => number > 0));
  }

  /** Networks that it holds files of. */
  networks(): readonly string[] {
    const names = this.#access.disk.list(this.folder).map(({ name }) => name);
    return names.filter((name) => NETWORK_ID.test(name)).sort();
  }

  async write(place: CardPlace, name: string, bytes: Uint8Array): Promise<void> {
    const { random } = this.#access;
    const path = this.#pathOf(place, name);
    if (bytes.length > MAX_FILE_BYTES / 2) {
      throw new KuraError('too_large', `${path} would be larger than a card's files may be`);
    }
    const purpose = purposeOf(place, name);
    const sealed = sealLocal({ localKey: this.#key, purpose, bytes, random });
    await replaceFile(this.#access, path, sealed);
  }

  async #lock(settings: { readonly passphrase: string; readonly cost: WrapCost }): Promise<void> {
    const { random } = this.#access;
    const key = await wrapRoot({ ...settings, root: this.#key, random });
    const lock: Lock = { version: 1, cardId: this.cardId, key };
    const text = `${JSON.stringify(lock, undefined, 2)}\n`;
    await replaceFile(this.#access, `${this.folder}/${LOCK_FILE}`, utf8(text));
  }

  #pathOf({ networkId, service }: CardPlace, name: string): string {
    if (!NETWORK_ID.test(networkId) || !NAME.test(name)) {
      throw new KuraError('corrupt', 'a card holds no such file');
    }
    return `${this.folder}/${networkId}/${service}/${name}.sealed`;
  }
}

/** A file that is copied to another name, or to another network's folder, does not open. */
function purposeOf({ networkId, service }: CardPlace, name: string): string {
  return `card ${networkId}/${service}/${name}`;
}

function readLock({ disk, folder }: CardSettings): Lock {
  const path = `${folder}/${LOCK_FILE}`;
  const refuse = (cause?: unknown): never => damaged(path, cause);
  const lock = readSmallJson(disk, { path, maxBytes: MAX_LOCK_BYTES, refuse });
  if (lock === undefined) {
    throw new KuraError('not_found', `there is no card in ${folder}`, {
      guidance: 'Put the stick in, or name the folder with --card.',
    });
  }
  if (typeof lock.version === 'number' && lock.version > 1) {
    throw new KuraError('unsupported', `the card in ${folder} was written by a newer Kura`, {
      guidance: 'Use the version of Kura that wrote it, or a newer one.',
    });
  }
  const { cardId, key } = lock;
  if (lock.version !== 1 || typeof cardId !== 'string') return damaged(path);
  return { version: 1, cardId, key };
}

function damaged(path: string, cause?: unknown): never {
  throw new KuraError('corrupt', `the card's file ${path} is damaged`, {
    guidance: 'Bring it back from a copy of the card, or join anew with the recovery words.',
    cause,
  });
}
