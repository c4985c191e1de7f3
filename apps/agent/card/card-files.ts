// What stands in the files of a card, and how they are read and written: JSON of bounded shapes, sealed by the
// folder. A card that was damaged, or is of another version, says so by name.
import { isDeepStrictEqual } from 'node:util';
import { KuraError, MAX_COPIES, MAX_STORES, utf8 } from '@kura/base';
import { type CardStore, cardStore } from '@kura/contract/wire/card-store.ts';
import {
  homeShape,
  MAX_POLICY_CHARACTERS,
  networkShape,
} from '@kura/contract/wire/endpoints/network.ts';
import {
  bytes,
  type Infer,
  list,
  optional,
  record,
  type Shape,
  text,
  timeMs,
  whole,
} from '@kura/contract/wire/shape.ts';
import { hash, memberIdShape, publicKey, signature } from '@kura/contract/wire/shapes.ts';
import { publicKeysOf, type ReaderKeys } from '@kura/member-seal';
import type { CardFolder, CardPlace } from './card-folder.ts';

const seed = bytes({ min: 32, max: 32 });
const pem = text({ maxLength: 8192 });
const address = text({ maxLength: 300 });
const tls = record({ certificatePem: pem, keyPem: pem });

/** Who the member is, and by which keys this card and this device are known. */
const identity = record({
  root: seed,
  account: text({ maxLength: 64 }),
  device: record({ seed, publicKey, ownerSignature: signature }),
  /** The device's, for coordinator and gateways. */
  deviceTls: tls,
  /** The card's own: self-made, without an end; its key is what grants name. */
  cardTls: tls,
});

const network = record({
  memberId: memberIdShape,
  coordinators: list(address, { maxItems: 64 }),
  gateways: list(address, { maxItems: 64 }),
  rootPem: pem,
  logOrigin: text({ maxLength: 256 }),
  logKey: publicKey,
  /** Signs grants and notices. */
  coordinatorKey: publicKey,
  /** Names the packs of this member's notices. */
  noticeKey: hash,
  level: whole({ min: 1, max: 3 }),
  /** What whoever reads with the card alone has to know of the network. */
  shape: networkShape,
  home: homeShape,
  copies: whole({ min: 1, max: MAX_COPIES }),
  removalDelayMs: timeMs,
  /** The witnesses that count, as C2SP tlog-policy has it: pinned, changed by the member only. */
  witnessPolicy: optional(text({ maxLength: MAX_POLICY_CHARACTERS })),
});

const stores = record({ stores: list(cardStore, { maxItems: MAX_STORES }) });

const count = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });

/** How far this card knows the chain of catalogues; all 0 before the first. */
const heads = record({
  /** Of the newest catalogue. */
  number: count,
  /** Of the coordinator: what changed later is in no catalogue yet, as far as this card knows. */
  tick: count,
  /** Number of the first part of the newest whole one, and of the one before. */
  whole: count,
  wholeBefore: count,
  /** Of the newest notice that was read; cards from before notices have none. */
  notice: optional(count),
});

/** Parts of keys to locks that the network has given for this card to carry (docs/design/locks.md). */
const locks = record({
  shares: list(record({ epoch: count, share: bytes({ min: 32, max: 32 }) }), { maxItems: 1000 }),
});

export type CardHeads = Infer<typeof heads>;
export const NO_HEADS: CardHeads = {
  ...{ number: 0, tick: 0, whole: 0, wholeBefore: 0 },
  notice: undefined,
};
export type CardIdentity = Infer<typeof identity>;
export type CardNetwork = Infer<typeof network>;
export type CardTls = Infer<typeof tls>;

/** What reading with a card takes of its keys, of whichever kind the card is. */
export interface CardReading {
  readonly keys: ReaderKeys;
  /** Names the packs of catalogues. */
  readonly catalogueKey: Uint8Array;
  /** Both halves: opens notices. */
  readonly noticeSeed: Uint8Array;
  readonly noticeKey: Uint8Array;
  /** Its key is what grants name. */
  readonly tls: CardTls;
}

const privateKeys = record({ x25519Seed: seed, mlkemSeed: bytes({ min: 64, max: 64 }) });

/** In place of the identity on a card for reading only: what opens what was saved, and nothing that signs. */
const reading = record({
  epoch: count,
  chunkIdKeys: list(seed, { maxItems: 4 }),
  privateKeys,
  ownerKey: publicKey,
  /** Of this card alone: seals what a machine keeps of it. */
  localKey: seed,
  catalogueKey: seed,
  noticeSeed: seed,
  noticeKey: publicKey,
  tls,
});

const FILES = { identity, reading, network, stores, heads, locks } as const;
type FileName = keyof typeof FILES;

/** A network's id is known only when it has answered; until then a card keeps what it is told under this one. */
export const NOT_YET = '0'.repeat(32);

/** One network on a card. */
export class CardFiles {
  readonly card: CardFolder;
  readonly place: CardPlace;

  constructor(card: CardFolder, place: CardPlace) {
    this.card = card;
    this.place = place;
  }

  /** Of the one network that a card belongs to. Throws `no_network`, or `unsupported` if there are several. */
  static only(card: CardFolder): CardFiles {
    const [networkId, ...others] = card.networks().filter((name) => name !== NOT_YET);
    if (networkId !== undefined && others.length === 0) {
      return new CardFiles(card, { networkId, service: 'custody' });
    }
    throw networkId === undefined
      ? new KuraError('no_network', `the card in ${card.folder} belongs to no network yet`, {
          guidance: 'Join one: kura join --account NAME --card DIR',
        })
      : new KuraError('unsupported', `the card in ${card.folder} belongs to several networks`, {
          guidance: 'Use it from a home that has joined one of them.',
        });
  }

  has(name: FileName): boolean {
    return this.card.read(this.place, name) !== undefined;
  }

  /** Nothing on it signs for its member. */
  get isReadOnly(): boolean {
    return this.has('reading');
  }

  /** Throws `refused` on a card for reading only. */
  identity(): CardIdentity {
    if (!this.isReadOnly) return this.#read('identity');
    throw new KuraError('refused', `the card in ${this.card.folder} is for reading only`, {
      guidance:
        'Read with it: kura restore latest --card DIR. For anything else, use the card of its owner.',
    });
  }

  /** Of a card for reading only. */
  reading(): CardReading {
    const { epoch, chunkIdKeys, privateKeys, ownerKey, localKey, ...others } =
      this.#read('reading');
    const [data, folder, snapshot, listing] = chunkIdKeys;
    if (!data || !folder || !snapshot || !listing) return unfit('reading', 'is damaged');
    const keys = {
      ...{ memberId: this.network().memberId, epoch, privateKeys, ownerKey, localKey },
      chunkIdKeys: [data, folder, snapshot, listing] as const,
      publicKeys: publicKeysOf(privateKeys),
    };
    return { ...others, keys };
  }

  saveReading({ keys, ...others }: CardReading): Promise<void> {
    const { epoch, chunkIdKeys, privateKeys, ownerKey, localKey } = keys;
    const own = { epoch, chunkIdKeys, privateKeys, ownerKey, localKey };
    return this.#write('reading', { ...own, ...others });
  }

  network(): CardNetwork {
    return this.#read('network');
  }

  stores(): readonly CardStore[] {
    return this.#read('stores').stores;
  }

  saveIdentity(value: CardIdentity): Promise<void> {
    return this.#write('identity', value);
  }

  saveNetwork(value: CardNetwork): Promise<void> {
    return this.#write('network', value);
  }

  /** Whether the card has other stores than these, or none. */
  areOther(value: readonly CardStore[]): boolean {
    return !isDeepStrictEqual(
      stores.write({ stores: this.stores() }),
      stores.write({ stores: value }),
    );
  }

  heads(): CardHeads {
    return this.has('heads') ? this.#read('heads') : NO_HEADS;
  }

  saveHeads(value: CardHeads): Promise<void> {
    return this.#write('heads', value);
  }

  /** Undefined: this card does not carry it. */
  lockShare(wanted: number): Uint8Array | undefined {
    if (!this.has('locks')) return undefined;
    return this.#read('locks').shares.find(({ epoch }) => epoch === wanted)?.share;
  }

  keepLockShare(epoch: number, share: Uint8Array): Promise<void> {
    const known = this.has('locks') ? this.#read('locks').shares : [];
    const others = known.filter((one) => one.epoch !== epoch);
    return this.#write('locks', { shares: [...others, { epoch, share }] });
  }

  saveStores(value: readonly CardStore[]): Promise<void> {
    return this.#write('stores', { stores: value });
  }

  #read<Name extends FileName>(name: Name): Infer<(typeof FILES)[Name]> {
    const plain = this.card.read(this.place, name);
    if (plain === undefined) return unfit(name, 'is missing');
    try {
      const shape = FILES[name] as Shape<Infer<(typeof FILES)[Name]>>;
      return shape.read(JSON.parse(Buffer.from(plain).toString('utf8')), '', 'ignored');
    } catch (error) {
      return unfit(name, 'is not what this version writes', error);
    }
  }

  #write<Name extends FileName>(name: Name, value: Infer<(typeof FILES)[Name]>): Promise<void> {
    const shape = FILES[name] as Shape<Infer<(typeof FILES)[Name]>>;
    return this.card.write(this.place, name, utf8(JSON.stringify(shape.write(value))));
  }
}

function unfit(name: FileName, what: string, cause?: unknown): never {
  throw new KuraError('corrupt', `the card's file ${name} ${what}`, {
    guidance: 'Bring it back from a copy of the card, or join anew with the recovery words.',
    cause,
  });
}
