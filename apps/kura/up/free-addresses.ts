// Addresses of this machine that nobody listens on, and that no outgoing connection is given by chance: below the ports
// that systems hand out by themselves. All are held until the last is known, so that none comes twice.
import { KuraError, type Random } from '@kura/base';
import { type PlainService, servePlain } from '@kura/wire/server/plain.ts';

/** Systems hand out ports from 32768 (Linux) or 49152 on. */
const PORTS = { from: 20_000, until: 32_000 } as const;
const MAX_TRIES = 100;

export class FreeAddresses {
  readonly #random: Random;
  readonly #held: PlainService[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** "127.0.0.1:21234" */
  readonly next = async (): Promise<string> => {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const port = PORTS.from + this.#random.below(PORTS.until - PORTS.from);
      const held = await hold(`127.0.0.1:${port}`);
      if (held === undefined) continue;
      this.#held.push(held);
      return held.address;
    }
    throw new KuraError('busy', 'no port of this machine is free', {
      guidance: 'Look at what listens on 127.0.0.1.',
    });
  };

  close(): void {
    for (const held of this.#held) held.close();
  }
}

/** Undefined if somebody has it. */
async function hold(address: string): Promise<PlainService | undefined> {
  try {
    return await servePlain(address, {});
  } catch {
    return undefined;
  }
}
