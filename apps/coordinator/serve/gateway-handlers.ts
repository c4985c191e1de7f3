// What a gateway answers to devices that save or read strict stores, and to stores that dial out.
import { KuraError, must, type StoreId } from '@kura/base';
import { openTicket, readTicketWord } from '@kura/contract';
import { encodeCopyTable } from '@kura/contract/wire/copy-table.ts';
import type { GATEWAY_ENDPOINTS } from '@kura/contract/wire/endpoints/gateway.ts';
import { allocatePages } from '@kura/native';
import type { Handlers, IncomingCall } from '@kura/wire/server/handler.ts';
import type { GatewayService } from '../gateway/gateway-service.ts';
import type { KnownStores } from '../gateway/known-stores.ts';
import type { RemoteStore } from '../gateway/remote-store.ts';
import type { Network } from '../network.ts';
import { deviceOf, storeOf } from './callers.ts';

export interface GatewayHandlerParts {
  readonly network: Network;
  readonly service: GatewayService;
  readonly stores: KnownStores;
  readonly ticketKey: Uint8Array;
}

type Relayed = IncomingCall<
  (typeof GATEWAY_ENDPOINTS)['relayTable'] | (typeof GATEWAY_ENDPOINTS)['relayLeaves']
>;

export function gatewayHandlers(parts: GatewayHandlerParts): Handlers<typeof GATEWAY_ENDPOINTS> {
  const { service, stores, network } = parts;
  const { shape } = network.charter;
  return {
    receivePack: async ({ params, query, body, caller, signal }) => {
      const { member, device } = deviceOf(caller);
      const record = await service.receive({
        memberId: member,
        deviceId: device,
        packId: params.pack,
        sessionId: query.session,
        sizeBytes: body.sizeBytes,
        digest: must(body.sha256, 'the edge wants a digest'),
        readInto: (into) => body.readInto(into),
        drop: () => body.drop(),
        signal,
      });
      return { state: 'stored', record, challenge: undefined };
    },
    describeUpload: async ({ params, caller }) => ({
      ...(await service.describe(deviceOf(caller).member, params.pack)),
      challenge: undefined,
    }),
    provePresence: async () => {
      throw new KuraError('not_found', 'no proof is waited for');
    },

    relayTable: async (call) => {
      const store = open(parts, call);
      return { bytes: encodeCopyTable(await store.stat(call.params.copy)) };
    },
    relayLeaves: async (call) => {
      const store = open(parts, call);
      const { first, count } = call.query;
      const bytes = allocatePages(count * shape.leafBytes);
      await store.fetch(call.params.copy, first, count, bytes, call.signal);
      return { bytes };
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
  const word = call.authorization?.replace(/^Kura /, '') ?? '';
  const ticket = readTicketWord(word);
  if (ticket === undefined) {
    throw new KuraError('refused', 'a copy is read with a ticket', {
      context: { reason: 'none' },
    });
  }
  const { keyHash } = deviceOf(call.caller);
  const nowMs = network.clock.nowMs();
  openTicket(ticket, { ticketKeys: [ticketKey], storeId, copyId, keyHash, nowMs });
  return stores.remote(storeId) ?? away(storeId);
}

function away(storeId: StoreId): never {
  throw new KuraError('unreachable', `store ${storeId} is not connected to this gateway`, {
    guidance: 'Ask another gateway, or read the copy at another store.',
  });
}
