// Opens a client of one service: its addresses are tried in turn, beginning with the one that answered last.
import type { AlarmClock, Random } from '@kura/base';
import { assert, KuraError, must } from '@kura/base';
import type { Bandwidth } from '../bandwidth.ts';
import type { TlsIdentity, TrustRule } from '../tls.ts';
import { RouteAgent } from './agents.ts';
import type { EndpointClient } from './client.ts';
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
  readonly clock: AlarmClock;
  readonly random: Random;
}

const STANDARD_CONNECTIONS = 8;
/** A service of more addresses than this has a balancer before it. */
export const MAX_ADDRESSES = 64;

class Addresses implements Rides {
  readonly #agents: readonly { readonly host: string; readonly agent: RouteAgent }[];
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
    this.#agents = addresses.map((address) => ({
      host: address,
      agent: new RouteAgent({ address, identity, trust, proxy, clock }, connections),
    }));
  }

  get ways(): number {
    return this.#agents.length;
  }

  async take(): Promise<Ride> {
    if (this.#isClosed) throw new KuraError('interrupted', 'the client was closed');
    const index = this.#preferred;
    const { agent, host } = must(this.#agents[index], 'an address of the list');
    return {
      ...{ agent, host },
      done: (outcome) => {
        // Several requests may fail at one address: only the first of them turns to the next.
        if (outcome === 'lost' && index === this.#preferred) {
          this.#preferred = (index + 1) % this.#agents.length;
        }
      },
    };
  }

  close(): void {
    this.#isClosed = true;
    for (const { agent } of this.#agents) agent.destroy();
  }
}

export function openClient(options: ClientOptions): EndpointClient {
  const { bandwidth, clock, random } = options;
  return new PooledClient({ rides: new Addresses(options), bandwidth, clock, random });
}
