// What the commands of hazards share: whom to ask (the tables of this home, the coordinator as an operator or
// as a member), and one way to show a list for people and for scripts.
import { type AlarmClock, KuraError, systemAlarmClock } from '@kura/base';
import { nodeDisk } from '@kura/native';
import { shortId } from '../cli/select.ts';
import { localTime } from '../commands/show.ts';
import { readPointer } from '../network/home-pointer.ts';
import { Desk } from '../operator/desk.ts';
import { hasOperatorFile } from '../operator/operator-file.ts';
import type { LocalHazards } from './local-hazards.ts';
import type { HazardsPort } from './port.ts';
import { remoteHazards } from './remote-hazards.ts';

export class HazardDesk extends Desk {
  /** Whoever this home belongs to: an operator, a member of a network of others, or the owner of folders. */
  async look<Result>(work: (port: HazardsPort) => Promise<Result>): Promise<Result> {
    const { home } = this.context;
    if (hasOperatorFile(nodeDisk, home)) {
      return await this.ask((client) => work(remoteHazards(client)));
    }
    if (readPointer(nodeDisk, home) === undefined) return await this.local(work);
    const services = await this.context.services();
    return await work(await services.hazards());
  }

  /** Throws `unsupported` in a home whose network does this by itself. */
  async local<Result>(work: (port: LocalHazards) => Promise<Result>): Promise<Result> {
    const { home } = this.context;
    const isRemote = hasOperatorFile(nodeDisk, home) || readPointer(nodeDisk, home) !== undefined;
    if (isRemote) {
      throw new KuraError('unsupported', 'the network watches the world by itself', {
        guidance: 'See `kura hazards feeds`.',
      });
    }
    const { LocalHazards } = await import('./local-hazards.ts');
    const port = await LocalHazards.open(home, this.#clock());
    try {
      return await work(port);
    } finally {
      port.close();
    }
  }

  /** "2026-11-21 08:49:07", where this person is; empty for none. */
  time(timeMs: number | undefined): string {
    return timeMs === undefined ? '' : localTime(timeMs, this.context);
  }

  #clock(): AlarmClock {
    return { ...systemAlarmClock, nowMs: () => this.context.clock.nowMs() };
  }
}

/** "0.13 %": two figures; "0" for what is not worth a figure. */
export function percent(probability: number): string {
  const value = probability * 100;
  if (value === 0) return '0';
  if (value < 0.0001) return '< 0.0001 %';
  return `${value < 10 ? value.toPrecision(2) : value.toFixed(0)} %`;
}

/** Stores by city, as people know them; the id where two share one. */
export function storeNames(
  stores: readonly { readonly storeId: string; readonly city: string }[],
): (storeId: string) => string {
  const cities = new Map(stores.map(({ storeId, city }) => [storeId, city]));
  return (storeId) => cities.get(storeId) ?? shortId(storeId);
}
