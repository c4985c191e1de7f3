// What a gateway answers to devices that save or read strict stores, and to stores that dial out.
import {
  type AlarmClock,
  KuraError,
  must,
  type NetworkShape,
  SharedSlots,
  type StoreId,
} from '@kura/base';
import { openTicket, readTicketWord } from '@kura/contract';
import { wordIn } from '@kura/contract/wire/authorization.ts';
import { encodeCopyTable } from '@kura/contract/wire/copy-table.ts';
import type { GATEWAY_ENDPOINTS } from '@kura/contract/wire/endpoints/gateway.ts';
import { PagePool } from '@kura/native';
import { sendLeaves } from '@kura/wire/leaf-stream.ts';
import type { Handlers, IncomingCall } from '@kura/wire/server/handler.ts';
import type { CopyKeys } from '../gateway/copy-keys.ts';
import type { GatewayService } from '../gateway/gateway-service.ts';
import type { KnownStores } from '../gateway/known-stores.ts';
import type { RemoteStore } from '../gateway/remote-store.ts';
import type { Network } from '../network.ts';
import { takeReturned } from '../returns/take-packs.ts';
import { deviceOf, storeOf } from './callers.ts';

export interface GatewayHandlerParts {
  readonly network: Network;
  readonly service: GatewayService;
  readonly stores: KnownStores;
  readonly keys: CopyKeys;
  readonly ticketKey: Uint8Array;
  readonly clock: AlarmClock;
}

/** Each costs a piece of memory, and now and then a connection of a store. */
const RELAYS_AT_ONCE = 64;
const RELAYS_PER_MEMBER = 16;
const WAIT_MS = 10_000;
const MAX_WAITING = 1024;

type Relayed = IncomingCall<
  (typeof GATEWAY_ENDPOINTS)['relayTable'] | (typeof GATEWAY_ENDPOINTS)['relayLeaves']
>;

export function gatewayHandlers(parts: GatewayHandlerParts): Handlers<typeof GATEWAY_ENDPOINTS> {
  const { service, stores, network, keys, clock } = parts;
  const { shape } = network.charter;
  const pool = new PagePool();
  const relays = new SharedSlots({
    ...{ noun: 'reads', atOnce: RELAYS_AT_ONCE, perKey: RELAYS_PER_MEMBER },
    ...{ waitMs: WAIT_MS, waiting: MAX_WAITING, clock },
  });
  return {
    receivePack: async ({ params, query, body, caller, signal }) => {
      const { member, device } = deviceOf(caller);
      const received = await service.receive({
        memberId: member,
        deviceId: device,
        packId: params.pack,
        sessionId: query.session,
        hangsUp: query.hangUp === 'early',
        sizeBytes: body.sizeBytes,
        digest: must(body.sha256, 'the edge wants a digest'),
        readInto: (into) => body.readInto(into),
        drop: () => body.drop(),
        signal,
      });
      const record = received.state === 'stored' ? received.record : undefined;
      const challenge = received.state === 'challenged' ? received.challenge : undefined;
      return { state: received.state, record, challenge };
    },
    describeUpload: async ({ params, caller }) => ({
      ...(await service.describe(deviceOf(caller).member, params.pack)),
      challenge: undefined,
    }),
    provePresence: async ({ params, body, caller }) => {
      const { member, device } = deviceOf(caller);
      const { signature } = body;
      await service.prove(member, { packId: params.pack, deviceId: device, signature });
      return { ...(await service.describe(member, params.pack)), challenge: undefined };
    },

    relayTable: async (call) => {
      const store = open(parts, call);
      const read = async () => ({ bytes: encodeCopyTable(await store.stat(call.params.copy)) });
      return relays.run(deviceOf(call.caller).member, read, call.signal);
    },
    relayLeaves: async (call) => {
      const store = open(parts, call);
      const { query, params, caller, signal } = call;
      const range = { firstLeaf: query.first, leafCount: query.count };
      checkRange(shape, range);
      const giveBack = await relays.take(deviceOf(caller).member, signal);
      return sendLeaves({
        ...{ shape, ...range, signal, clock, pool },
        slot: { giveBack, isWanted: () => relays.isWanted },
        fetch: (from, count, into) => store.fetch(params.copy, from, count, into, signal),
      });
    },

    returnPacks: ({ caller, body }) => {
      const storeAt = (storeId: StoreId) => stores.remote(storeId);
      return takeReturned({ network, keys, storeAt }, deviceOf(caller).member, body);
    },

    dial: async ({ caller }) => {
      const storeId = storeOf(caller);
      return (connection) => stores.accept(connection, storeId);
    },
  };
}

/** Throws `refused` unless the caller holds a ticket for this copy, `unreachable` if its store is away. */
function open({ network, stores, ticketKey }: GatewayHandlerParts, call: Relayed): RemoteStore {
  const { store: storeId, copy: copyId } = call.params;
  const ticket = readTicketWord(wordIn(call.authorization));
  if (ticket === undefined) {
    throw new KuraError('refused', 'a copy is read with a ticket', {
      context: { reason: 'malformed' },
    });
  }
  const { keyHash } = deviceOf(call.caller);
  const nowMs = network.clock.nowMs();
  openTicket(ticket, { ticketKeys: [ticketKey], storeId, copyId, keyHash, nowMs });
  return stores.remote(storeId) ?? away(storeId);
}

interface Range {
  readonly firstLeaf: number;
  readonly leafCount: number;
}

/** Told before anything goes out: pieces after the first would only be refused by the store. */
function checkRange(
  { windowLeaves, packLeaves }: NetworkShape,
  { firstLeaf, leafCount }: Range,
): void {
  const isWhole = leafCount % windowLeaves === 0 || packLeaves.includes(firstLeaf + leafCount);
  const isInside = leafCount > 0 && firstLeaf + leafCount <= packLeaves[2];
  if (firstLeaf % windowLeaves === 0 && isWhole && isInside) return;
  throw new KuraError('usage', `${leafCount} leaves from ${firstLeaf} on are no whole windows`, {
    guidance: `Ask for multiples of ${windowLeaves} leaves, from a multiple of ${windowLeaves}.`,
  });
}

function away(storeId: StoreId): never {
  throw new KuraError('unreachable', `store ${storeId} is not connected to this gateway`, {
    guidance: 'Ask another gateway, or read the copy at another store.',
  });
}
