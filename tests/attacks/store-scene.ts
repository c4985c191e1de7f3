// A card-readable store with its reader, as an operator runs them, and those around it: a gateway, two members with a
// copy each, the first of them with a device, and whoever has none of their keys.
import { X509Certificate } from 'node:crypto';
import {
  type AlarmClock,
  type CopyId,
  systemAlarmClock as clock,
  equalBytes,
  MINUTE_MS,
  must,
  systemRandom as random,
  SMALL_SHAPE,
} from '@kura/base';
import { newRequest, selfMade } from '@kura/certificates';
import { keyHashOf } from '@kura/certificates/trust.ts';
import {
  ed25519PublicKey,
  type Grant,
  grantWord,
  signAdmission,
  signGrant,
  signTicket,
  type Ticket,
  ticketWord,
} from '@kura/contract';
import { READER_ENDPOINTS } from '@kura/contract/wire/endpoints/reader.ts';
import { STORE_ENDPOINTS } from '@kura/contract/wire/endpoints/store.ts';
import type { ReaderProgram } from '@kura/store/daemon/reader.ts';
import { type Person, packBytes, Surroundings } from '@kura/testing';
import { type EndpointClient, openClient, type TlsIdentity } from '@kura/wire';
import { readWhole } from '@kura/wire/body.ts';
import { StorePlace } from '../network/store-place.ts';
import { type AttackScene, answerOf, THROUGH } from './attack.ts';
import { type Answered, askRaw } from './raw-caller.ts';

/** Somebody with a TLS key that no network has certified. */
export interface KeyHolder {
  readonly tls: TlsIdentity;
  readonly keyHash: Uint8Array;
}

export function newKeyHolder(): KeyHolder {
  const { keyPem } = newRequest(random);
  const certificatePem = selfMade(keyPem, clock.nowMs());
  return {
    tls: { keyPem, certificatePem },
    keyHash: keyHashOf(new X509Certificate(certificatePem)),
  };
}

/** A copy and what it is made of. */
interface Kept {
  readonly copy: CopyId;
  readonly bytes: Uint8Array;
}

export class StoreScene implements AttackScene {
  readonly shape = SMALL_SHAPE;
  readonly place: StorePlace;
  readonly around = new Surroundings(random.below(1_000_000));
  /** Alice's. */
  readonly device = newKeyHolder();
  readonly thief = newKeyHolder();
  readonly #clients: EndpointClient[] = [];
  #inwardAddress = '';
  #readerAddress = '';
  #reader: ReaderProgram | undefined;
  #gateway: EndpointClient | undefined;
  #alices: Kept | undefined;
  #bobs: Kept | undefined;

  /** `storeClock`: of the store's programs. */
  constructor(storeClock: AlarmClock = clock) {
    this.place = new StorePlace('card-readable', {}, storeClock);
  }

  static open(): Promise<StoreScene> {
    return StoreScene.start(new StoreScene());
  }

  static async start<Scene extends StoreScene>(scene: Scene): Promise<Scene> {
    try {
      await scene.#start();
    } catch (error) {
      await scene.close();
      throw error;
    }
    return scene;
  }

  get inwardAddress(): string {
    return this.#inwardAddress;
  }

  get readerAddress(): string {
    return this.#readerAddress;
  }

  get reader(): ReaderProgram {
    return must(this.#reader, 'the reader was started');
  }

  /** With a certificate of this network, and no more right than that. */
  get gateway(): EndpointClient {
    return must(this.#gateway, 'the scene was started');
  }

  get alices(): Kept {
    return must(this.#alices, 'the scene was started');
  }

  get bobs(): Kept {
    return must(this.#bobs, 'the scene was started');
  }

  async #start(): Promise<void> {
    const { place, around } = this;
    await place.found();
    this.#inwardAddress = must((await place.startStore()).address, 'it listens inwards');
    this.#gateway = this.clientOf(this.#inwardAddress, place.authority.gateway());
    this.#alices = await this.#keep(around.alice);
    this.#bobs = await this.#keep(around.bob);
    this.#reader = await place.startReader();
    this.#readerAddress = must(this.#reader.address, 'it listens');
  }

  clientOf(address: string, identity: TlsIdentity | undefined): EndpointClient {
    const client = openClient({
      addresses: [address],
      identity,
      trust: () => undefined,
      ...{ clock, random },
    });
    this.#clients.push(client);
    return client;
  }

  admission(
    { member, seed }: Person,
    by = this.place.coordinatorSeed,
    storeId = this.place.identity.storeId,
  ): Uint8Array {
    const ownerKey = ed25519PublicKey(seed);
    return signAdmission({ storeId, pseudonym: member, ownerKey, issuedMs: 1 }, by);
  }

  async #keep(person: Person): Promise<Kept> {
    const { member: pseudonym } = person;
    const body = { admission: this.admission(person) };
    await this.gateway.call(STORE_ENDPOINTS.admitMember, { params: { pseudonym }, body });
    const copy = this.around.newCopyId();
    const bytes = this.around.random.bytes(packBytes(this.shape, 1));
    const put = { params: { copy }, query: { member: pseudonym }, body: { bytes } };
    await this.gateway.call(STORE_ENDPOINTS.receiveCopy, put);
    return { copy, bytes };
  }

  /** As a coordinator gives it to alice's device for her copy, but for `change`. */
  ticket(change: Partial<Ticket> = {}, by = this.place.ticketSeed): Uint8Array {
    const fromMs = clock.nowMs();
    const { storeId } = this.place.identity;
    const { copy: copyId } = this.alices;
    const { keyHash } = this.device;
    const base = { storeId, copyId, keyHash, fromMs, untilMs: fromMs + MINUTE_MS };
    return signTicket({ ...base, ...change }, by);
  }

  /** As a coordinator gives it to alice's card, but for `change`. */
  grant(change: Partial<Grant> = {}, by = this.place.coordinatorSeed): Uint8Array {
    const { storeId } = this.place.identity;
    const { member: pseudonym } = this.around.alice;
    const { keyHash } = this.device;
    return signGrant({ serial: 7, storeId, pseudonym, keyHash, issuedMs: 0, ...change }, by);
  }

  /** Asks the reader for the table of a copy, as `who`, with this word. */
  async read(
    authorization: string | undefined,
    who: KeyHolder | 'nobody' = this.device,
    copy = this.alices.copy,
  ): Promise<string> {
    const client = this.clientOf(this.#readerAddress, who === 'nobody' ? undefined : who.tls);
    const shown = authorization === undefined ? {} : { authorization };
    try {
      const call = client.call(READER_ENDPOINTS.readTable, { params: { copy }, ...shown });
      return await answerOf(call.then(readWhole));
    } finally {
      client.close();
    }
  }

  readWithTicket(signed: Uint8Array, who = this.device): Promise<string> {
    return this.read(`Kura ${ticketWord(signed)}`, who);
  }

  readWithGrant(signed: Uint8Array, copy = this.alices.copy): Promise<string> {
    return this.read(`Kura ${grantWord(signed)}`, this.device, copy);
  }

  /** One request as it is written, to the reader with alice's key. */
  askReader(text: string): Promise<Answered> {
    return askRaw(this.#readerAddress, text, this.device.tls);
  }

  /** Alice's copy is what it was, for her gateway and for her device. */
  async check(): Promise<void> {
    const { copy, bytes } = this.alices;
    const query = { first: 0, count: bytes.length / this.shape.leafBytes };
    const kept = await this.gateway.call(STORE_ENDPOINTS.fetchLeaves, { params: { copy }, query });
    if (!equalBytes(await readWhole(kept), bytes)) throw new Error('the copy was changed');
    const word = `Kura ${ticketWord(this.ticket())}`;
    const read = await this.read(word);
    if (read !== THROUGH) throw new Error(`its owner cannot read it: ${read}`);
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.place.close();
  }
}
