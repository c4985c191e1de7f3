// Opens a client of one service: its addresses are tried in turn, beginning with the one that answered last.
import type { AlarmClock, Random } from '@kura/base';
import { assert, KuraError, must } from '@kura/base';
import type { Bandwidth } from '../bandwidth.ts';
import { STANDARD_LIMITS } from '../server/limits.ts';
import type { TlsIdentity, TrustRule } from '../tls.ts';
import { RouteAgent } from './agents.ts';
import type { EndpointClient } from './client.ts';
import { Lines } from './direct/lines.ts';
import { PooledClient, type Ride, type Rides } from './pooled-client.ts';

export interface ClientOptions {
  /** "host:port"; one that does not answer is followed by the next. */
  readonly addresses: readonly string[];
  /** Absent: no certificate is shown. */
  readonly identity?: TlsIdentity | undefined;
  readonly trust: TrustRule;
  /** "http://[user:password@]host:port": asked to CONNECT. */
  readonly proxy?: string | undefined;
  readonly bandwidth?: Bandwidth | undefined;
  /** At once, to each address. */
  readonly connections?: number;
  /** No call has a body and answers may be large: they are read without Node's HTTP, unless a proxy stands between. */
  readonly isDirect?: boolean;
  readonly clock: AlarmClock;
  readonly random: Random;
}

const STANDARD_CONNECTIONS = 8;
/** A service of more addresses than this has a balancer before it. */
export const MAX_ADDRESSES = 64;

class Addresses implements Rides {
  readonly #ways: readonly { readonly host: string; readonly way: RouteAgent | Lines }[];
  #preferred = 0;
  #isClosed = false;

  constructor(options: ClientOptions) {
    const {
      addresses,
      identity,
      trust,
      proxy,
      clock,
      connections = STANDARD_CONNECTIONS,
    } = options;
    assert(addresses.length > 0 && addresses.length <= MAX_ADDRESSES, 'a service has addresses');
    const maxHeadBytes = STANDARD_LIMITS.headBytes;
    this.#ways = addresses.map((address) => {
      const route = { address, identity, trust, proxy, clock };
      const isDirect = options.isDirect === true && proxy === undefined;
      const way = isDirect
        ? new Lines(route, { connections, clock, maxHeadBytes })
        : new RouteAgent(route, connections);
      return { host: address, way };
    });
  }

  get ways(): number {
    return this.#ways.length;
  }

  async take(): Promise<Ride> {
    if (this.#isClosed) throw new KuraError('interrupted', 'the client was closed');
    const index = this.#preferred;
    const { way, host } = must(this.#ways[index], 'an address of the list');
    return {
      ...{ way, host },
      done: (outcome) => {
        // Several requests may fail at one address: only the first of them turns to the next.
        if (outcome === 'lost' && index === this.#preferred) {
          this.#preferred = (index + 1) % this.#ways.length;
        }
      },
    };
  }

  close(): void {
    this.#isClosed = true;
    for (const { way } of this.#ways) way.destroy();
  }
}

export function openClient(options: ClientOptions): EndpointClient {
  const { bandwidth, clock, random } = options;
  return new PooledClient({ rides: new Addresses(options), bandwidth, clock, random });
}
