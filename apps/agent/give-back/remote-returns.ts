// A rebuilt network, as a card gives back to it what it knows: over the wire, in pieces where an endpoint has a bound.
import type { PackId, SessionId, SnapshotId, StoreId } from '@kura/base';
import { type CustodyReceipt, MAX_EVENTS, type SnapshotRow } from '@kura/contract';
import { MAX_PACKS_PER_CALL } from '@kura/contract/wire/endpoints/custody.ts';
import {
  MAX_RETURNED,
  RETURNED_PACKS_ENDPOINTS as RETURNED_PACKS,
  RETURN_ENDPOINTS as RETURNS,
} from '@kura/contract/wire/endpoints/returns.ts';
import type { Service } from '../network/access.ts';

export interface PackToReturn {
  readonly packId: PackId;
  readonly leafCount: number;
  readonly copies: readonly { readonly storeId: StoreId; readonly root: Uint8Array }[];
}

export interface SnapshotToReturn {
  readonly row: SnapshotRow;
  /** Undefined: another device has it. */
  readonly receipt: CustodyReceipt | undefined;
}

export interface EventToReturn {
  readonly number: number;
  readonly receipt: Pick<CustodyReceipt, 'body' | 'leafIndex'>;
}

export interface UnconfirmedCopy {
  readonly packId: PackId;
  readonly storeId: StoreId;
  readonly why: 'missing' | 'other' | 'away' | 'unknown';
}

export interface TakenPacks {
  readonly packs: number;
  readonly copies: number;
  readonly dropped: number;
  readonly unconfirmed: readonly UnconfirmedCopy[];
}

export interface RefusedSnapshot {
  readonly snapshotId: SnapshotId;
  readonly why: 'forgotten' | 'pack' | 'log';
}

export class RemoteReturns {
  readonly #service: Pick<Service, 'coordinator' | 'gateway'>;

  constructor(service: Pick<Service, 'coordinator' | 'gateway'>) {
    this.#service = service;
  }

  /** `unlisted`: rows of the network that the card does not have. */
  async packs(
    sessionId: SessionId,
    given: { readonly packs: readonly PackToReturn[]; readonly unlisted: readonly PackId[] },
  ): Promise<TakenPacks> {
    let sum: TakenPacks = { packs: 0, copies: 0, dropped: 0, unconfirmed: [] };
    const most = Math.max(given.packs.length, given.unlisted.length);
    for (let at = 0; at < most; at += MAX_PACKS_PER_CALL) {
      const packs = given.packs.slice(at, at + MAX_PACKS_PER_CALL);
      const unlisted = given.unlisted.slice(at, at + MAX_PACKS_PER_CALL);
      const body = { sessionId, packs, unlisted };
      const taken = await this.#service.gateway.call(RETURNED_PACKS.returnPacks, { body });
      sum = {
        packs: sum.packs + taken.packs,
        copies: sum.copies + taken.copies,
        dropped: sum.dropped + taken.dropped,
        unconfirmed: [...sum.unconfirmed, ...taken.unconfirmed],
      };
    }
    return sum;
  }

  /** Snapshots whose packs were given back before. */
  async snapshots(all: readonly SnapshotToReturn[]): Promise<{
    readonly taken: number;
    readonly refused: readonly RefusedSnapshot[];
  }> {
    let taken = 0;
    const refused: RefusedSnapshot[] = [];
    for (let at = 0; at < all.length; at += MAX_RETURNED) {
      const snapshots = all.slice(at, at + MAX_RETURNED);
      const answer = await this.#history({ snapshots, events: [] });
      taken += answer.snapshots;
      refused.push(...answer.refused);
    }
    return { taken, refused };
  }

  /** In the order of the chain. Throws `refused` for one that does not follow. */
  async events(all: readonly EventToReturn[]): Promise<number> {
    let taken = 0;
    for (let at = 0; at < all.length; at += MAX_EVENTS) {
      const events = all.slice(at, at + MAX_EVENTS);
      taken += (await this.#history({ snapshots: [], events })).events;
    }
    return taken;
  }

  /** `notices`: number of the newest that the card has read. */
  async end(notices: number): Promise<void> {
    await this.#service.coordinator.call(RETURNS.endReturns, { body: { notices } });
  }

  #history(body: {
    readonly snapshots: readonly SnapshotToReturn[];
    readonly events: readonly EventToReturn[];
  }) {
    return this.#service.coordinator.call(RETURNS.returnHistory, { body });
  }
}
