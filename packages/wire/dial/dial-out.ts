// The store's end: keeps connections to every gateway open and has its own edge serve them.
import type { X509Certificate } from 'node:crypto';
import type { AlarmClock, Random } from '@kura/base';
import type { CertificateName } from '@kura/certificates/name.ts';
import type { Edge } from '../server/edge.ts';
import type { TlsIdentity } from '../tls.ts';
import { GatewayDial } from './gateway-dial.ts';

export interface DialOptions {
  /** Addresses of all gateways as known now: looked at again at each `refresh`. */
  readonly gateways: () => readonly string[];
  /** Serves what gateways ask. */
  readonly edge: Edge;
  /** Asked for each connection, so that a renewed certificate is used from then on. */
  readonly identity: () => TlsIdentity;
  /** Judges a gateway before anything is sent, and says which it is. */
  readonly authorise: (certificate: X509Certificate) => CertificateName;
  readonly proxy?: string | undefined;
  /** Told of each failure, for a log. */
  readonly onFailure?: (gateway: string, error: unknown) => void;
  readonly clock: AlarmClock;
  readonly random: Random;
}

export interface Dialler {
  /** `gateways` may have changed. */
  refresh(): void;
  /** Connections that stand, by address. */
  links(): ReadonlyMap<string, number>;
  /** For good: `refresh` does nothing from then on. */
  close(): void;
}

class GatewayDials implements Dialler {
  readonly #options: DialOptions;
  readonly #dials = new Map<string, GatewayDial>();
  #isClosed = false;

  constructor(options: DialOptions) {
    this.#options = options;
    this.refresh();
  }

  refresh(): void {
    if (this.#isClosed) return;
    const wanted = new Set(this.#options.gateways());
    for (const [address, dial] of this.#dials) {
      if (wanted.has(address)) continue;
      dial.close();
      this.#dials.delete(address);
    }
    for (const address of wanted) {
      if (!this.#dials.has(address))
        this.#dials.set(address, new GatewayDial(address, this.#options));
    }
  }

  links(): ReadonlyMap<string, number> {
    return new Map([...this.#dials].map(([address, dial]) => [address, dial.standing]));
  }

  close(): void {
    this.#isClosed = true;
    for (const dial of this.#dials.values()) dial.close();
    this.#dials.clear();
  }
}

export function dialOut(options: DialOptions): Dialler {
  return new GatewayDials(options);
}
