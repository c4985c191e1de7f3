// A store's inward listener with a clock that is moved by hand, and somebody who has a gateway's certificate and
// all the time in the world.
import { must, systemRandom as random, SMALL_SHAPE, storeId, toHex } from '@kura/base';
import { STORE_ENDPOINTS } from '@kura/contract/wire/endpoints/store.ts';
import { loadNative } from '@kura/native';
import { MemoryStore } from '@kura/store';
import { storeHandlers } from '@kura/store/api/handlers.ts';
import { ManualAlarmClock, Surroundings } from '@kura/testing';
import { type Edge, serve } from '@kura/wire';
import { passTime, untilEnded } from '@kura/wire/test-patience.ts';
import { RawSocket } from '@kura/wire/test-socket.ts';
import { NETWORK_ID, TestAuthority } from '../network/authority.ts';
import { plainDuties } from '../network/plain-duties.ts';
import type { AttackScene } from './attack.ts';
import { request } from './raw-caller.ts';

const shape = SMALL_SHAPE;
export const COPY_BYTES = shape.packLeaves[0] * shape.leafBytes;
/** Whoever is borne with for longer is borne with for ever. */
const MOST_MS = 600_000;

export class SlowScene implements AttackScene {
  readonly around = new Surroundings(random.below(1_000_000));
  readonly #authority = new TestAuthority();
  readonly #clock = new ManualAlarmClock(Date.now());
  readonly #sockets: RawSocket[] = [];
  #edge: Edge | undefined;

  static async open(): Promise<SlowScene> {
    const scene = new SlowScene();
    scene.#edge = await scene.#serve();
    return scene;
  }

  /** A new connection, with a gateway's certificate. */
  async connect(): Promise<RawSocket> {
    const address = must(must(this.#edge, 'the scene was opened').address, 'it listens');
    const socket = await RawSocket.open(address, this.#authority.gateway());
    this.#sockets.push(socket);
    return socket;
  }

  /** "ended after 20 s": how long the attacker was borne with, looked at in steps of the limit it is about. */
  async borne(socket: RawSocket, stepMs: number): Promise<string> {
    const passedMs = await untilEnded(this.#clock, socket, { stepMs, mostMs: MOST_MS });
    return passedMs < MOST_MS ? `ended after ${passedMs / 1000} s` : 'borne with for ever';
  }

  /** Time that passes for all of them. */
  pass(stepMs: number, durationMs: number): Promise<void> {
    return passTime(this.#clock, { stepMs, durationMs });
  }

  /** The head of a request to keep a copy of alice's. */
  receiving(sizeBytes = COPY_BYTES): string {
    const line = `PUT /v1/copies/${this.around.newCopyId()}?member=${this.around.alice.member}`;
    const type = 'Content-Type: application/octet-stream';
    return request(line, type, `Content-Length: ${sizeBytes}`);
  }

  /** An honest gateway is served, at once. */
  async check(): Promise<void> {
    const socket = await this.connect();
    socket.write(this.receiving()).write(random.bytes(COPY_BYTES));
    const { status } = await socket.answer();
    socket.end();
    if (status !== 200) throw new Error(`a gateway is answered ${status}`);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.end();
    await this.#edge?.close();
  }

  #serve(): Promise<Edge> {
    const seed = random.bytes(32);
    const id = storeId(toHex(random.bytes(16)));
    const { alice } = this.around;
    const clock = this.#clock;
    const place = { city: 'osaka', lat: 34.69, lon: 135.5, powerArea: 'JP-60' };
    const keeper = new MemoryStore({
      identity: { storeId: id, suite: 'chacha20', place, inventoryEpoch: 1 },
      ownerKeys: new Map([[alice.member, random.bytes(32)]]),
      coordinatorKey: random.bytes(32),
      ...{ seed, shape, clock, native: loadNative() },
    });
    return serve({
      endpoints: STORE_ENDPOINTS,
      handlers: storeHandlers({
        ...{ keeper, shape, reserveBytes: 0, clock },
        duties: plainDuties(keeper.identity, seed),
      }),
      tls: this.#authority.identity({ role: 'store', network: NETWORK_ID, store: id }),
      listen: { host: '127.0.0.1', port: 0 },
      authorise: this.#authority.judge(['gateway']),
      ...{ clock, random },
    });
  }
}
