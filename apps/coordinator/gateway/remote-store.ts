// A store on another machine, as the gateway uses it: the port of stores on one side, calls of the store's
// endpoint table on the other. It does not matter to it who opened the connection.
import { type CopyId, KuraError, type MemberId, type NetworkShape, type Random } from '@kura/base';
import {
  type AuditedStore,
  type CopyReceiver,
  type CopyStat,
  type Examination,
  encodeWarrant,
  type FullReadAnswer,
  type FullReadChallenge,
  type LeafAnswer,
  type LeafChallenge,
  type NoticedStore,
  type NoticeHeld,
  type StoreAcknowledgement,
  type StoreIdentity,
  type StorePort,
  type TakeEvidence,
  type Warrant,
} from '@kura/contract';
import { verifyIdentityProof } from '@kura/contract/identity-proof.ts';
import { decodeCopyTable } from '@kura/contract/wire/copy-table.ts';
import { STORE_ENDPOINTS } from '@kura/contract/wire/endpoints/store.ts';
import { readWhole } from '@kura/wire/body.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import { RemoteAudits } from './remote-audits.ts';
import { Sending } from './sending.ts';

export interface RemoteStoreParts {
  readonly client: EndpointClient;
  readonly shape: NetworkShape;
  readonly identity: StoreIdentity;
  /** As the store said last. */
  readonly freeBytes: number;
}

const CHALLENGE_BYTES = 32;

export class RemoteStore implements StorePort, AuditedStore, NoticedStore {
  readonly identity: StoreIdentity;
  readonly #client: EndpointClient;
  readonly #shape: NetworkShape;
  readonly #freeBytes: number;
  readonly #audits: RemoteAudits;

  constructor({ client, shape, identity, freeBytes }: RemoteStoreParts) {
    this.identity = identity;
    this.#client = client;
    this.#shape = shape;
    this.#freeBytes = freeBytes;
    this.#audits = new RemoteAudits(client, { identity, shape });
  }

  /**
   * Asks who is there. The answer is signed by the key that it names: whether that is the key of a store of
   * the network is for whoever has the directory to say. Throws `refused` if it is not even that.
   */
  static async meet(parts: {
    readonly client: EndpointClient;
    readonly shape: NetworkShape;
    readonly random: Random;
    readonly tries: number;
  }): Promise<RemoteStore> {
    const { client, shape, random, tries } = parts;
    const challenge = random.bytes(CHALLENGE_BYTES);
    const answer = await client.call(STORE_ENDPOINTS.identify, { query: { challenge }, tries });
    const { identity, freeBytes, proof } = answer;
    const { storeId, inventoryEpoch, publicKey } = identity;
    verifyIdentityProof({ challenge, storeId, inventoryEpoch }, proof, publicKey);
    return new RemoteStore({ client, shape, identity, freeBytes });
  }

  freeBytes(): number {
    return this.#freeBytes;
  }

  async receive(copyId: CopyId, member: MemberId, sizeBytes: number): Promise<CopyReceiver> {
    const sending = new Sending(this.#client, { copyId, member, sizeBytes });
    await sending.begun;
    return sending;
  }

  async fetch(
    copyId: CopyId,
    firstLeaf: number,
    leafCount: number,
    into: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void> {
    checkRange(this.#shape, { firstLeaf, leafCount, into });
    const body = await this.#client.call(STORE_ENDPOINTS.fetchLeaves, {
      params: { copy: copyId },
      query: { first: firstLeaf, count: leafCount },
      ...(signal === undefined ? {} : { signal }),
    });
    if (body.sizeBytes !== into.length) {
      body.drop();
      throw new KuraError('corrupt', 'the store answers with another number of leaves');
    }
    await body.readInto(into);
  }

  async stat(copyId: CopyId): Promise<CopyStat> {
    const body = await this.#client.call(STORE_ENDPOINTS.fetchTable, { params: { copy: copyId } });
    return decodeCopyTable(copyId, await readWhole(body));
  }

  /** The store reads the whole copy once more before it signs. */
  async acknowledge(copyId: CopyId): Promise<StoreAcknowledgement> {
    return this.#client.call(STORE_ENDPOINTS.acknowledgeAgain, { params: { copy: copyId } });
  }

  answerLeaves(challenge: LeafChallenge, into: TakeEvidence): Promise<LeafAnswer> {
    return this.#audits.answerLeaves(challenge, into);
  }

  answerFullRead(challenge: FullReadChallenge): Promise<FullReadAnswer> {
    return this.#audits.answerFullRead(challenge);
  }

  examine(copyId: CopyId): Promise<Examination> {
    return this.#audits.examine(copyId);
  }

  async admit(pseudonym: MemberId, admission: Uint8Array): Promise<void> {
    await this.#client.call(STORE_ENDPOINTS.admitMember, {
      params: { pseudonym },
      body: { admission },
    });
  }

  /** Resolves to for how long the store has known it. */
  async hearNotice(notice: Uint8Array): Promise<NoticeHeld> {
    return this.#client.call(STORE_ENDPOINTS.hearNotice, { body: { notice } });
  }

  async takeWithdrawal(pseudonym: MemberId, withdrawal: Uint8Array): Promise<void> {
    const call = { params: { pseudonym }, body: { withdrawal } };
    await this.#client.call(STORE_ENDPOINTS.takeWithdrawal, call);
  }

  async takeRevocations(signed: Uint8Array): Promise<void> {
    await this.#client.call(STORE_ENDPOINTS.takeRevocations, { body: { bytes: signed } });
  }

  /** The store checks the warrant itself. */
  async remove(warrant: Warrant): Promise<readonly CopyId[]> {
    return (await this.#order(warrant)).copyIds;
  }

  /** As `remove`; resolves to the store's signed confirmation. */
  async obey(warrant: Warrant): Promise<Uint8Array> {
    return (await this.#order(warrant)).confirmation;
  }

  #order(warrant: Warrant) {
    const body = { bytes: encodeWarrant(warrant) };
    return this.#client.call(STORE_ENDPOINTS.removeCopies, { body });
  }
}

/** What the other end would refuse as hostile: here it is a caller's mistake. */
function checkRange(
  { windowLeaves, leafBytes }: NetworkShape,
  range: { readonly firstLeaf: number; readonly leafCount: number; readonly into: Uint8Array },
): void {
  const { firstLeaf, leafCount, into } = range;
  const isWhole = Number.isInteger(firstLeaf) && Number.isInteger(leafCount);
  if (isWhole && firstLeaf >= 0 && leafCount > 0 && firstLeaf % windowLeaves === 0) {
    if (into.length === leafCount * leafBytes) return;
  }
  throw new KuraError('usage', `${leafCount} leaves from ${firstLeaf} on are no whole windows`);
}
