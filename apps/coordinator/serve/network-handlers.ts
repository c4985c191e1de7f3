// What a coordinator tells a device of its network before it saves or reads.
import { type MemberId, must } from '@kura/base';
import type { StoreState } from '@kura/contract';
import type { NETWORK_ENDPOINTS } from '@kura/contract/wire/endpoints/network.ts';
import { writeKeyring } from '@kura/contract/wire/keyring-body.ts';
import { sealLetter, signLetter } from '@kura/copy-seal';
import { transact } from '@kura/database';
import { formatPolicy } from '@kura/log';
import type { Handlers } from '@kura/wire/server/handler.ts';
import type { Rows, StoresTable } from '../db/tables.ts';
import type { CopyKeys, StoreKeys } from '../gateway/copy-keys.ts';
import { livingGateways } from '../gateway/gateway-book.ts';
import { readPolicy } from '../log/witnesses.ts';
import { MemberCoordinator } from '../member-coordinator.ts';
import { judgeContract } from '../members/contract.ts';
import { grantsOf } from '../members/grants.ts';
import { readMember } from '../members/members.ts';
import type { Network } from '../network.ts';
import { newestNotice } from '../notices/make-notices.ts';
import { isAwaited } from '../returns/awaited.ts';
import { deviceOf } from './callers.ts';

export interface NetworkHandlerParts {
  readonly network: Network;
  readonly keys: CopyKeys;
  /** To which the network seals what a card has to learn. */
  readonly noticeKeyOf: (member: MemberId) => Uint8Array;
  /** Signs grants and letters. */
  readonly coordinatorSeed: Uint8Array;
}

/** What a device may know of a store's state: whether it answers, and whether its copies are gone. */
const STATES: ReadonlyMap<StoresTable['state'], StoreState> = new Map([
  ['active', 'active'],
  // It answers, and its copies are read and removed as before; that it gets no others is for gateways to know.
  ['draining', 'active'],
  ['unreachable', 'unreachable'],
  ['lost', 'lost'],
]);

type Parts = NetworkHandlerParts;

export function networkHandlers(parts: Parts): Handlers<typeof NETWORK_ENDPOINTS> {
  const { network, keys, noticeKeyOf, coordinatorSeed } = parts;
  const { database, clock } = network;
  /** With keys and grants a card reads while nobody is asked: so whoever may not read gets none. */
  const refuseReading = (memberId: MemberId): Promise<void> =>
    database.read((rows) => judgeContract({ rows, memberId }, { act: 'read' }, clock.nowMs()));
  return {
    describeMine: async ({ caller }) => {
      const { member: memberId } = deviceOf(caller);
      const { stores: known, ...rest } = await new MemberCoordinator({
        network,
        memberId,
      }).describe();
      const places = await readPlaces(database.kysely);
      return {
        ...rest,
        stores: known.flatMap(({ location: _, awaySinceMs, riskNow, danger, ...store }) => {
          const place = places.get(store.identity.storeId);
          const state = STATES.get(store.state);
          return place === undefined || state === undefined
            ? []
            : [{ ...store, ...place, state, awaySinceMs, riskNow, danger }];
        }),
        gateways: await livingGateways(database.kysely, clock.nowMs()),
        witnessPolicy: formatPolicy(await readPolicy(database.kysely, network.charter.log)),
        awaitsReturns: await isAwaited({ rows: database.kysely, memberId }),
      };
    },

    copyKeys: async ({ caller }) => {
      const { member } = deviceOf(caller);
      await refuseReading(member);
      const places = await readPlaces(database.kysely);
      const all = [...places.keys()].map(async (storeId) => ({
        storeId,
        ...(await keys.keysFor(member, storeId)),
      }));
      const of = { rows: database.kysely, memberId: member };
      const { notice_key: sealedTo } = await readMember(of);
      const text = writeKeyring({
        ...{ version: 1, memberId: member, noticeKey: noticeKeyOf(member) },
        keys: await Promise.all(all),
        notices: await newestNotice(of),
      });
      const signature = signLetter('keyring', text, coordinatorSeed);
      const noticeKey = must(sealedTo, 'members of a service have a key for letters');
      return { sealed: sealLetter('keyring', { text, signature, noticeKey }) };
    },

    grants: async ({ caller }) => {
      const { member: memberId } = deviceOf(caller);
      await refuseReading(memberId);
      // Asked for before the transaction: the tables have one connection.
      const places = await readPlaces(database.kysely);
      const known = new Map<StoresTable['store_id'], StoreKeys>();
      for (const storeId of places.keys()) {
        known.set(storeId, await keys.keysFor(memberId, storeId));
      }
      const granting = { coordinatorSeed, keys: known, nowMs: clock.nowMs() };
      return {
        grants: await transact(database, (rows) => grantsOf(rows, memberId, granting)),
      };
    },
  };
}

interface Place {
  /** A folder of an embedded network that was adopted is read through a gateway. */
  readonly kind: 'strict' | 'readable';
  readonly readers: readonly string[];
}

async function readPlaces(rows: Rows): Promise<ReadonlyMap<StoresTable['store_id'], Place>> {
  const all = await rows
    .selectFrom('stores')
    .select(['store_id', 'kind', 'reader_address'])
    .execute();
  return new Map(
    all.map(({ store_id, kind, reader_address: reader }) => {
      const isReadable = kind === 'readable' && reader !== null;
      const place: Place = isReadable
        ? { kind: 'readable', readers: [reader] }
        : { kind: 'strict', readers: [] };
      return [store_id, place];
    }),
  );
}
