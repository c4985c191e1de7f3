// What a member asks its network about itself: its devices, and what there is in its inbox.
import type { DeviceId } from '@kura/base';
import type { PlaceDescription } from '@kura/contract';
import {
  ACCOUNT_ENDPOINTS as ACCOUNT,
  MAX_MESSAGES,
} from '@kura/contract/wire/endpoints/account.ts';
import { INCIDENT_ENDPOINTS } from '@kura/contract/wire/endpoints/incidents.ts';
import type { AnswerOf, EndpointClient } from '@kura/wire/client/client.ts';

export type RemoteDevice = AnswerOf<typeof ACCOUNT.devices>['devices'][number];
export type RemoteWebhook = AnswerOf<typeof ACCOUNT.webhook>;
export type RemoteMessage = AnswerOf<typeof ACCOUNT.inbox>['messages'][number];

export class RemoteAccount {
  readonly #client: EndpointClient;

  constructor(client: EndpointClient) {
    this.#client = client;
  }

  /** What a device was shown and does not know so: every other device of the member hears of it. */
  async reportHistory(evidence: string): Promise<void> {
    await this.#client.call(INCIDENT_ENDPOINTS.reportHistory, { body: { evidence } });
  }

  async devices(): Promise<readonly RemoteDevice[]> {
    return (await this.#client.call(ACCOUNT.devices, {})).devices;
  }

  /** With every certificate that it has. Throws `not_found`. */
  async removeDevice(device: DeviceId): Promise<void> {
    await this.#client.call(ACCOUNT.removeDevice, { params: { device } });
  }

  /** `undefined`: it is at home again. Throws `not_found`, `busy` for one that moves too often. */
  async placeDevice(device: DeviceId, place: PlaceDescription | undefined): Promise<void> {
    const params = { device };
    if (place === undefined) await this.#client.call(ACCOUNT.clearDevicePlace, { params });
    else await this.#client.call(ACCOUNT.placeDevice, { params, body: place });
  }

  /** Throws `busy` for one that moves too often. */
  async setHome(home: PlaceDescription): Promise<void> {
    await this.#client.call(ACCOUNT.setHome, { body: home });
  }

  /** In place of the one before, which opens nothing any more. `signature`: the owner's, over `cardMessage`. */
  async putCard(cardKeyHash: Uint8Array, signature: Uint8Array): Promise<void> {
    await this.#client.call(ACCOUNT.putCard, { body: { cardKeyHash, signature } });
  }

  /** The oldest first, from the number after `after` on. */
  async *inbox(after: number): AsyncGenerator<RemoteMessage> {
    for (let last = after; ; ) {
      const query = { after: last, limit: MAX_MESSAGES };
      const { messages } = await this.#client.call(ACCOUNT.inbox, { query });
      yield* messages;
      const next = messages.at(-1)?.number ?? last;
      if (messages.length < MAX_MESSAGES || next <= last) return;
      last = next;
    }
  }

  /** Up to and with this number. */
  async noteRead(upTo: number): Promise<void> {
    await this.#client.call(ACCOUNT.readInbox, { body: { upTo } });
  }

  webhook(): Promise<RemoteWebhook> {
    return this.#client.call(ACCOUNT.webhook, {});
  }

  /** Resolves to its secret, which is told this once. Throws `usage`, `busy`, `unsupported`. */
  async setWebhook(url: string): Promise<string> {
    return (await this.#client.call(ACCOUNT.setWebhook, { body: { url } })).secret;
  }

  async clearWebhook(): Promise<void> {
    await this.#client.call(ACCOUNT.clearWebhook, {});
  }
}
