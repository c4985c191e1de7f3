// The connections of one store to one gateway: a few idle ones, another whenever one is taken, and patience
// after a failure.
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { KuraError, must, SECOND_MS } from '@kura/base';
import { GATEWAY_ENDPOINTS } from '@kura/contract/wire/endpoints/gateway.ts';
import { LinkAgent } from '../client/agents.ts';
import { connectSecurely } from '../client/connect.ts';
import { PROTOCOL } from '../client/prepare.ts';
import { readError } from '../client/read-answer.ts';
import { http } from '../node-http.ts';
import { callerOf } from '../server/authority.ts';
import { STANDARD_LIMITS } from '../server/limits.ts';
import type { DialOptions } from './dial-options.ts';
import { MAX_LINKS } from './hub.ts';

/** A gateway that wants to send several copies at once finds them open. */
const IDLE_LINKS = 4;
/** A greeting is over by then: only what takes longer has taken its connection. */
const TAKEN_MS = 250;
const FIRST_WAIT_MS = SECOND_MS;
const LONGEST_WAIT_MS = 60 * SECOND_MS;
const JITTER_STEPS = 1024;

const { path, answer, deadlineMs } = GATEWAY_ENDPOINTS.dial;

interface StandingLink {
  /** undefined: idle. */
  busySinceMs: number | undefined;
  hasServed: boolean;
}

export class GatewayDial {
  readonly #address: string;
  readonly #options: DialOptions;
  readonly #standing = new Map<Duplex, StandingLink>();
  readonly #closing = new AbortController();
  #failures = 0;
  #isOpening = false;
  #disarm: (() => void) | undefined;

  constructor(address: string, options: DialOptions) {
    this.#address = address;
    this.#options = options;
    this.#fill();
  }

  get standing(): number {
    return this.#standing.size;
  }

  close(): void {
    this.#closing.abort(new KuraError('interrupted', 'the store stops dialling'));
    this.#disarm?.();
    for (const connection of [...this.#standing.keys()]) connection.destroy();
  }

  #fill(): void {
    const links = [...this.#standing.values()];
    const takenBeforeMs = this.#options.clock.elapsedMs() - TAKEN_MS;
    const idle = links.filter(
      ({ busySinceMs }) => busySinceMs === undefined || busySinceMs > takenBeforeMs,
    ).length;
    const isEnough = idle >= IDLE_LINKS || links.length >= MAX_LINKS;
    const isWaiting = this.#disarm !== undefined;
    if (isEnough || isWaiting || this.#isOpening || this.#closing.signal.aborted) return;
    this.#isOpening = true;
    this.#open().then(
      () => {
        this.#isOpening = false;
        this.#fill();
      },
      (error: unknown) => {
        this.#isOpening = false;
        this.#fail(error);
      },
    );
  }

  async #open(): Promise<void> {
    const { identity, authorise, proxy, clock, edge } = this.#options;
    const { signal } = this.#closing;
    const trust = (certificate: Parameters<typeof authorise>[0]): void =>
      void authorise(certificate);
    const address = this.#address;
    const route = { address, identity: identity(), trust, proxy, clock };
    const connection = await connectSecurely(route, signal);
    const caller = callerOf(connection.getPeerX509Certificate(), address, authorise);
    await this.#upgrade(connection, signal);
    this.#stand(connection);
    edge.attach(connection, caller, (isBusy) => this.#note(connection, isBusy));
  }

  #upgrade(connection: TLSSocket, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve, reject) => {
      const asked = http.request({
        path,
        agent: new LinkAgent(connection),
        headers: {
          Host: this.#address,
          'Kura-Protocol': PROTOCOL,
          Connection: 'Upgrade',
          Upgrade: answer.protocol,
        },
      });
      const end = (): void => {
        disarm();
        signal.removeEventListener('abort', stop);
      };
      const fail = (error: unknown): void => {
        end();
        connection.destroy();
        reject(error);
      };
      const stop = (): void => fail(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      const disarm = clock.after(deadlineMs, () =>
        fail(new KuraError('unreachable', `${this.#address} does not answer to dialling`)),
      );
      asked.once('error', fail);
      asked.once('response', (message) => {
        void readError(message, { pace: STANDARD_LIMITS, bandwidth: undefined, clock }).then(fail);
      });
      asked.once('upgrade', (message, _connection, head) => {
        end();
        const isRight = message.headers.upgrade === answer.protocol && head.length === 0;
        if (isRight) resolve();
        else fail(new KuraError('hostile', `${this.#address} changes to another protocol`));
      });
      asked.end();
    });
  }

  #stand(connection: Duplex): void {
    this.#standing.set(connection, { busySinceMs: undefined, hasServed: false });
    connection.once('close', () => {
      const link = must(this.#standing.get(connection), 'a connection that stands');
      this.#standing.delete(connection);
      if (link.hasServed) this.#fill();
      else
        this.#fail(
          new KuraError('unreachable', `${this.#address} closed before it asked anything`),
        );
    });
  }

  #note(connection: Duplex, isBusy: boolean): void {
    const link = this.#standing.get(connection);
    if (link === undefined) return;
    const { clock } = this.#options;
    link.busySinceMs = isBusy ? clock.elapsedMs() : undefined;
    link.hasServed = true;
    this.#failures = 0;
    if (isBusy) clock.after(TAKEN_MS, () => this.#fill());
    else this.#fill();
  }

  #fail(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    const { onFailure, clock, random } = this.#options;
    onFailure?.(this.#address, error);
    if (this.#disarm !== undefined) return;
    const spanMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
    this.#failures++;
    const waitMs = spanMs / 2 + (spanMs / 2) * (random.below(JITTER_STEPS) / JITTER_STEPS);
    this.#disarm = clock.after(waitMs, () => {
      this.#disarm = undefined;
      this.#fill();
    });
  }
}
