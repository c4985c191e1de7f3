// The store's end: keeps connections to every gateway open and has its own edge serve them.
import type { DialOptions } from './dial-options.ts';
import { GatewayDial } from './gateway-dial.ts';

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
