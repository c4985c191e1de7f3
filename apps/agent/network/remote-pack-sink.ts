// Sends sealed packs to a gateway. A pack is gathered in memory, because its length and digest go first and a
// second try needs it whole; it is let go when the gateway has all its copies.
import { createHash, type Hash } from 'node:crypto';
import {
  type AlarmClock,
  assert,
  KuraError,
  type NetworkShape,
  type PackId,
  pause,
  SECOND_MS,
  type SessionId,
  type StoreId,
} from '@kura/base';
import type { HangUp, PackRecord, PackSink, PackUpload } from '@kura/contract';
import { signPresence } from '@kura/contract/presence-proof.ts';
import { GATEWAY_ENDPOINTS as GATEWAY } from '@kura/contract/wire/endpoints/gateway.ts';
import type { AnswerOf, EndpointClient } from '@kura/wire/client/client.ts';
import type { Sent } from '../line-speed/line-speed.ts';

export interface RemotePackSinkOptions {
  readonly client: EndpointClient;
  readonly shape: NetworkShape;
  /** A gateway takes packs within a living session only, and renews it with each. */
  readonly session: SessionId;
  /** early: done when the gateway has a pack; its record then names no copy. Default late. */
  readonly hangUp?: HangUp;
  /** A copy came to a store that joined after this began: its identity and key are asked for. */
  readonly meet: (storeIds: readonly StoreId[]) => Promise<void>;
  /** Ed25519 seed of the device: it is called back when a store is not who it should be (A15). */
  readonly deviceSeed: Uint8Array;
  /** How long an upload took, for the choice of the next packs' size. */
  readonly onSent?: (sent: Sent) => void;
  readonly clock: AlarmClock;
}

/** 1, 2, 4, 8, 16 s between them. */
const MAX_TRIES = 6;
/** Another upload of the same pack holds its claim for a minute at the longest. */
const MAX_BUSY_TRIES = 16;
const BUSY_MS = 5 * SECOND_MS;
/** Each is a store that was not believed; there are not many, or something else is wrong. */
const MAX_CALL_BACKS = 8;
/** Buffers that wait for the next pack; each costs as much memory as the largest pack that went through it. */
const MAX_SPARE_BUFFERS = 2;

type Upload = AnswerOf<typeof GATEWAY.receivePack>;

export class RemotePackSink implements PackSink {
  readonly #options: RemotePackSinkOptions;
  readonly #spare: Uint8Array[] = [];

  constructor(options: RemotePackSinkOptions) {
    this.#options = options;
  }

  async open(packId: PackId, expectedLeaves: number): Promise<PackUpload> {
    const { shape } = this.#options;
    assert(expectedLeaves <= shape.packLeaves[2], 'a pack has one of three sizes');
    const buffer = this.#spare.pop() ?? new Uint8Array(shape.packLeaves[2] * shape.leafBytes);
    return new RemoteUpload(packId, buffer, {
      ...this.#options,
      giveBack: () => {
        if (this.#spare.length < MAX_SPARE_BUFFERS) this.#spare.push(buffer);
      },
    });
  }
}

class RemoteUpload implements PackUpload {
  readonly #packId: PackId;
  readonly #options: RemotePackSinkOptions & { readonly giveBack: () => void };
  readonly #buffer: Uint8Array;
  readonly #hash: Hash = createHash('sha256');
  readonly #stop = new AbortController();
  #length = 0;
  #isOver = false;

  constructor(
    packId: PackId,
    buffer: Uint8Array,
    options: RemotePackSinkOptions & { readonly giveBack: () => void },
  ) {
    this.#packId = packId;
    this.#buffer = buffer;
    this.#options = options;
  }

  async write(sealed: Uint8Array): Promise<void> {
    assert(!this.#isOver, 'an upload that has ended takes nothing more');
    this.#buffer.set(sealed, this.#length);
    this.#hash.update(sealed);
    this.#length += sealed.length;
  }

  async finish(): Promise<PackRecord> {
    assert(!this.#isOver, 'an upload ends once');
    this.#isOver = true;
    const { clock, onSent, meet } = this.#options;
    const startMs = clock.elapsedMs();
    try {
      const record = await this.#send();
      onSent?.({ bytes: this.#length, startMs, endMs: clock.elapsedMs() });
      await meet(record.copies.map(({ acknowledgement }) => acknowledgement.storeId));
      return record;
    } finally {
      this.#options.giveBack();
    }
  }

  abort(): void {
    this.#stop.abort();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.giveBack();
  }

  async #send(): Promise<PackRecord> {
    const bytes = this.#buffer.subarray(0, this.#length);
    const sha256 = new Uint8Array(this.#hash.digest());
    for (let tries = 1, busy = 1, calls = 0; ; ) {
      try {
        const upload = await this.#put({ bytes, sha256 });
        const { challenge } = upload;
        if (challenge === undefined || calls++ >= MAX_CALL_BACKS) return this.#recordOf(upload);
        await this.#prove(challenge);
      } catch (error) {
        const isBusy = error instanceof KuraError && error.code === 'busy';
        if (isBusy && busy++ < MAX_BUSY_TRIES) await this.#wait(retryMs(error));
        else if (isDamagedOnTheWay(error) && tries++ < MAX_TRIES) {
          await this.#wait(SECOND_MS * 2 ** (tries - 2));
        } else throw error;
      }
    }
  }

  #put(body: { readonly bytes: Uint8Array; readonly sha256: Uint8Array }): Promise<Upload> {
    return this.#options.client.call(GATEWAY.receivePack, {
      params: { pack: this.#packId },
      query: { session: this.#options.session, hangUp: this.#options.hangUp ?? 'late' },
      body,
      signal: this.#stop.signal,
    });
  }

  /** The pack waits at the gateway for this, and goes on to another store; asking again tells how it ended. */
  async #prove({ challenge, storeId }: NonNullable<Upload['challenge']>): Promise<void> {
    const { client, deviceSeed } = this.#options;
    const signature = signPresence({ challenge, packId: this.#packId, storeId }, deviceSeed);
    await client.call(GATEWAY.provePresence, {
      params: { pack: this.#packId },
      body: { signature },
      signal: this.#stop.signal,
    });
  }

  #recordOf({ state, record, challenge }: Upload): PackRecord {
    const { hangUp, shape } = this.#options;
    if (state === 'stored' && record?.packId === this.#packId && record.copies.length > 0) {
      return record;
    }
    if (state === 'received' && hangUp === 'early') {
      const leafCount = this.#length / shape.leafBytes;
      return { packId: this.#packId, leafCount, copies: [], failures: [] };
    }
    const at = challenge === undefined ? '' : `: store ${challenge.storeId} did not prove itself`;
    throw new KuraError('unreachable', `pack ${this.#packId} was not stored (${state})${at}`, {
      guidance: 'Run it again: what was stored is not sent twice.',
    });
  }

  #wait(delayMs: number): Promise<void> {
    return pause(this.#options.clock, delayMs, this.#stop.signal);
  }
}

/** The digest did not hold, or the body ended early: the gateway asks for the same bytes again. */
function isDamagedOnTheWay(error: unknown): boolean {
  return error instanceof KuraError && error.code === 'corrupt';
}

function retryMs(error: KuraError): number {
  const asked = error.context.retryMs;
  return typeof asked === 'number' && asked > 0 ? Math.min(asked, BUSY_MS) : BUSY_MS;
}
