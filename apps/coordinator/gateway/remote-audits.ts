// The questions of an audit to a store on another machine. An answer counts only with the signature of the store
// that was meant; leaves are handed on only if they are what it signed for.
import type { CopyId, NetworkShape } from '@kura/base';
import {
  type AuditedStore,
  type Examination,
  encodeFullReadChallenge,
  encodeLeafChallenge,
  type FullReadAnswer,
  type FullReadChallenge,
  type LeafAnswer,
  type LeafChallenge,
  openExamination,
  openFullReadAnswer,
  openLeafAnswer,
  readCarriedAnswer,
  readCarriedLeaf,
  type StoreIdentity,
  type TakeEvidence,
} from '@kura/contract';
import { STORE_ENDPOINTS } from '@kura/contract/wire/endpoints/store.ts';
import { readWhole } from '@kura/wire/body.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';

export class RemoteAudits implements AuditedStore {
  readonly #client: EndpointClient;
  readonly #leafBytes: number;
  readonly #store: { readonly storeKey: Uint8Array; readonly storeId: StoreIdentity['storeId'] };

  constructor(
    client: EndpointClient,
    { identity, shape }: { readonly identity: StoreIdentity; readonly shape: NetworkShape },
  ) {
    this.#client = client;
    this.#leafBytes = shape.leafBytes;
    this.#store = { storeKey: identity.publicKey, storeId: identity.storeId };
  }

  /** Throws `refused` for an answer that is not the store's to this challenge, `corrupt` for leaves beside it. */
  async answerLeaves(challenge: LeafChallenge, into: TakeEvidence): Promise<LeafAnswer> {
    const body = await this.#client.call(STORE_ENDPOINTS.answerLeaves, {
      body: { bytes: encodeLeafChallenge(challenge) },
    });
    const { signed, leaves } = readCarriedAnswer(await readWhole(body));
    const answer = openLeafAnswer(signed, { ...this.#store, challenge });
    for (const [index, { hash }] of answer.items.entries()) {
      if (hash === undefined) continue;
      await into({ index, ...readCarriedLeaf(leaves, { hash, leafBytes: this.#leafBytes }) });
    }
    leaves.end();
    return answer;
  }

  async answerFullRead(challenge: FullReadChallenge): Promise<FullReadAnswer> {
    const body = await this.#client.call(STORE_ENDPOINTS.answerFullRead, {
      body: { bytes: encodeFullReadChallenge(challenge) },
    });
    return openFullReadAnswer(await readWhole(body), { ...this.#store, challenge });
  }

  async examine(copyId: CopyId): Promise<Examination> {
    const body = await this.#client.call(STORE_ENDPOINTS.examineCopy, {
      params: { copy: copyId },
    });
    return openExamination(await readWhole(body), { ...this.#store, copyId });
  }
}
