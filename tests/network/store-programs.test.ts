// Goal: the programs of a store, as an operator runs them, on real folders and over real TLS (B1): what a gateway, a
// member with a ticket or grant, and a stranger can do, and what a store does without its coordinator.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import {
  type CopyId,
  systemAlarmClock as clock,
  equalBytes,
  KuraError,
  MINUTE_MS,
  must,
  systemRandom as random,
  SMALL_SHAPE,
} from '@kura/base';
import { newRequest, selfMade } from '@kura/certificates';
import { keyHashOf } from '@kura/certificates/trust.ts';
import {
  ed25519PublicKey,
  encodeWarrant,
  grantWord,
  openReaderStatement,
  signAdmission,
  signGrant,
  signRevocations,
  signTicket,
  ticketWord,
} from '@kura/contract';
import { decodeCopyTable } from '@kura/contract/wire/copy-table.ts';
import { GATEWAY_ENDPOINTS } from '@kura/contract/wire/endpoints/gateway.ts';
import { READER_ENDPOINTS } from '@kura/contract/wire/endpoints/reader.ts';
import { STORE_ENDPOINTS } from '@kura/contract/wire/endpoints/store.ts';
import { KnownStores } from '@kura/coordinator/gateway/known-stores.ts';
import { fetchAll, packBytes, Surroundings, sendCopy } from '@kura/testing';
import { type EndpointClient, openClient, serve, type TlsIdentity } from '@kura/wire';
import { parseAddress } from '@kura/wire/address.ts';
import { readWhole } from '@kura/wire/body.ts';
import { NETWORK_ID, TestAuthority } from './authority.ts';
import { StorePlace } from './store-place.ts';

const shape = SMALL_SHAPE;
const around = new Surroundings(random.below(1_000_000));
const { alice } = around;
const pseudonym = alice.member;

const codeIs =
  (code: KuraError['code'], reason?: string) =>
  (error: unknown): boolean =>
    error instanceof KuraError &&
    error.code === code &&
    (reason === undefined || error.context.reason === reason);

function clientOf(place: StorePlace, address: string, identity: TlsIdentity): EndpointClient {
  const trust = place.authority.trusts('store');
  return openClient({ addresses: [address], identity, trust, ...{ clock, random } });
}

function admission(place: StorePlace): Uint8Array {
  const { storeId } = place.identity;
  const ownerKey = ed25519PublicKey(alice.seed);
  return signAdmission({ storeId, pseudonym, ownerKey, issuedMs: 1 }, place.coordinatorSeed);
}

/** A device or card: only its key counts. */
function newCaller(): { readonly tls: TlsIdentity; readonly keyHash: Uint8Array } {
  const { keyPem } = newRequest(random);
  const certificatePem = selfMade(keyPem, clock.nowMs());
  return {
    tls: { keyPem, certificatePem },
    keyHash: keyHashOf(new X509Certificate(certificatePem)),
  };
}

async function readTable(client: EndpointClient, copy: CopyId) {
  const body = await client.call(STORE_ENDPOINTS.fetchTable, { params: { copy } });
  return decodeCopyTable(copy, await readWhole(body));
}

async function withPlace(
  kind: 'strict' | 'card-readable',
  work: (place: StorePlace) => Promise<void>,
): Promise<void> {
  const place = new StorePlace(kind);
  try {
    await place.found();
    await work(place);
  } finally {
    await place.close();
  }
}

describe('a card-readable store and its reader', () => {
  test('B1, A21: a gateway puts a copy in, a member reads it with a ticket or a grant', () =>
    withPlace('card-readable', async (place) => {
      const store = await place.startStore();
      const address = must(store.address, 'it listens inwards');
      const gateway = clientOf(place, address, place.authority.gateway());
      const bytes = around.random.bytes(packBytes(shape, 2));
      const copy = around.newCopyId();
      const put = { params: { copy }, query: { member: pseudonym }, body: { bytes } };
      await assert.rejects(gateway.call(STORE_ENDPOINTS.receiveCopy, put), codeIs('refused'));
      const body = { admission: admission(place) };
      await gateway.call(STORE_ENDPOINTS.admitMember, { params: { pseudonym }, body });
      const { acknowledgement } = await gateway.call(STORE_ENDPOINTS.receiveCopy, put);

      const reader = must((await place.startReader()).address, 'it listens');
      const { tls, keyHash } = newCaller();
      const { storeId, publicKey: storeKey } = place.identity;
      let shown = new Uint8Array();
      const member = openClient({
        addresses: [reader],
        identity: tls,
        trust: (certificate) => {
          shown = new Uint8Array(keyHashOf(certificate));
        },
        ...{ clock, random },
      });
      const said = await member.call(READER_ENDPOINTS.describeReader, {});
      openReaderStatement(said.statement, { storeKey, storeId, keyHash: shown });

      const nowMs = clock.nowMs();
      const fields = { storeId, copyId: copy, keyHash, fromMs: nowMs };
      const ticket = signTicket({ ...fields, untilMs: nowMs + MINUTE_MS }, place.ticketSeed);
      const grant = signGrant(
        { serial: 7, storeId, pseudonym, keyHash, issuedMs: nowMs },
        place.coordinatorSeed,
      );
      for (const word of [ticketWord(ticket), grantWord(grant)]) {
        const authorization = `Kura ${word}`;
        const call = { params: { copy }, authorization };
        const table = await readWhole(await member.call(READER_ENDPOINTS.readTable, call));
        assert.ok(equalBytes(decodeCopyTable(copy, table).root, acknowledgement.root));
        const query = { first: 0, count: acknowledgement.leafCount, table: undefined };
        const leaves = await member.call(READER_ENDPOINTS.readLeaves, { ...call, query });
        assert.ok(equalBytes(await readWhole(leaves), bytes));
      }

      const thief = openClient({
        addresses: [reader],
        identity: newCaller().tls,
        trust: () => undefined,
        ...{ clock, random },
      });
      const stolen = { params: { copy }, authorization: `Kura ${ticketWord(ticket)}` };
      await assert.rejects(
        thief.call(READER_ENDPOINTS.readTable, stolen),
        codeIs('refused', 'key'),
      );
      for (const client of [gateway, member, thief]) client.close();
    }));

  test('C11: a list of revocations ends a grant at the reader and a gateway at the store', () =>
    withPlace('card-readable', async (place) => {
      const address = must((await place.startStore()).address, 'it listens inwards');
      const tls = place.authority.gateway();
      const gateway = clientOf(place, address, tls);
      const reader = await place.startReader();
      const { keyHash, tls: card } = newCaller();
      const { storeId } = place.identity;
      const grant = signGrant(
        { serial: 7, storeId, pseudonym, keyHash, issuedMs: 0 },
        place.coordinatorSeed,
      );
      const member = openClient({
        addresses: [must(reader.address, 'it listens')],
        identity: card,
        trust: () => undefined,
        ...{ clock, random },
      });
      const authorization = `Kura ${grantWord(grant)}`;
      const asked = () => member.call(READER_ENDPOINTS.readOwner, { authorization });
      await assert.rejects(asked(), codeIs('missing'));
      const body = { admission: admission(place) };
      await gateway.call(STORE_ENDPOINTS.admitMember, { params: { pseudonym }, body });
      assert.ok(equalBytes((await asked()).ownerKey, ed25519PublicKey(alice.seed)));

      const serial = new X509Certificate(tls.certificatePem).serialNumber.toLowerCase();
      const list = { number: 3, madeMs: 1, certificates: [serial], grants: [7], pseudonyms: [] };
      const put = (signed: Uint8Array) =>
        gateway.call(STORE_ENDPOINTS.takeRevocations, { body: { bytes: signed }, tries: 1 });
      await assert.rejects(put(signRevocations(list, alice.seed)), codeIs('refused', 'signature'));
      // The store ends the connection of who brought it: it is on the list itself.
      await put(signRevocations(list, place.coordinatorSeed)).catch(() => undefined);
      const withdrawn = clientOf(place, address, tls);
      const call = { query: { challenge: random.bytes(32) }, tries: 1 };
      await assert.rejects(withdrawn.call(STORE_ENDPOINTS.identify, call), codeIs('unreachable'));
      await reader.reload();
      await assert.rejects(asked(), codeIs('refused', 'revoked'));
      const older = signRevocations({ ...list, number: 2 }, place.coordinatorSeed);
      const other = clientOf(place, address, place.authority.gateway());
      assert.ok((await other.call(STORE_ENDPOINTS.identify, call)).freeBytes >= 0);
      const again = { body: { bytes: older } };
      await assert.rejects(
        other.call(STORE_ENDPOINTS.takeRevocations, again),
        codeIs('refused', 'older'),
      );
      for (const client of [gateway, member, withdrawn, other]) client.close();
    }));

  test('B1: nobody but a gateway is answered at the inward listener', () =>
    withPlace('card-readable', async (place) => {
      const address = must((await place.startStore()).address, 'it listens inwards');
      const challenge = random.bytes(32);
      const identify = (client: EndpointClient) =>
        client.call(STORE_ENDPOINTS.identify, { query: { challenge }, tries: 1 });
      const { storeId: store } = place.identity;
      const others = [
        newCaller().tls,
        place.authority.identity({ role: 'store', network: NETWORK_ID, store }),
        new TestAuthority().gateway(),
      ];
      for (const identity of others) {
        const client = clientOf(place, address, identity);
        await assert.rejects(identify(client), codeIs('unreachable'));
        client.close();
      }
      const gateway = clientOf(place, address, place.authority.gateway());
      assert.equal((await identify(gateway)).identity.storeId, store);
      gateway.close();
    }));

  test('B1: an address that no gateway has is closed before TLS', () =>
    withPlace('card-readable', async (place) => {
      place.answer = { ...place.answer, gateways: ['192.0.2.1:7443'] };
      const address = must((await place.startStore()).address, 'it listens inwards');
      const gateway = clientOf(place, address, place.authority.gateway());
      const query = { challenge: random.bytes(32) };
      const call = gateway.call(STORE_ENDPOINTS.identify, { query, tries: 1 });
      await assert.rejects(call, codeIs('unreachable'));
      gateway.close();
    }));
});

/** The public port of a gateway, as far as strict stores need it. */
async function openGateway(place: StorePlace, address = '127.0.0.1:0') {
  const met = Promise.withResolvers<void>();
  const known = new KnownStores({
    shape,
    identity: () => place.authority.gateway(),
    trust: () => place.authority.trusts('store'),
    onMet: () => met.resolve(),
    ...{ clock, random },
  });
  const edge = await serve({
    endpoints: { dial: GATEWAY_ENDPOINTS.dial },
    handlers: {
      dial: async () => (connection) => known.accept(connection, place.identity.storeId),
    },
    tls: place.authority.gateway(),
    listen: parseAddress(address),
    authorise: place.authority.judge(['store']),
    ...{ clock, random },
  });
  const close = async (): Promise<void> => {
    known.close();
    await edge.close();
  };
  place.closesWith({ close });
  const meet = async (): Promise<void> => {
    await met.promise;
    // A greeted connection enters the pool in the turn after it was greeted.
    await setImmediate();
  };
  return { known, meet, address: must(edge.address, 'it listens'), close };
}

describe('a strict store', () => {
  test('B1, R34: has no port, dials out, and keeps what a gateway hands it', () =>
    withPlace('strict', async (place) => {
      const gateway = await openGateway(place);
      place.answer = { ...place.answer, gateways: [gateway.address] };
      const program = await place.startStore();
      await gateway.meet();
      assert.equal(program.address, undefined);
      const store = must(gateway.known.remote(place.identity.storeId), 'it dialled');
      const bytes = around.random.bytes(packBytes(shape, 1));
      const sending = { id: around.newCopyId(), member: pseudonym, bytes };
      await assert.rejects(sendCopy(store, sending), codeIs('refused'));
      await store.admit(pseudonym, admission(place));
      await sendCopy(store, sending);
      assert.ok(equalBytes(await fetchAll(store, sending.id, shape), bytes));
    }));

  test('goes on without its coordinator with what it heard last, also when it starts', () =>
    withPlace('strict', async (place) => {
      const gateway = await openGateway(place);
      place.answer = { ...place.answer, gateways: [gateway.address] };
      const first = await place.startStore();
      await gateway.meet();
      await first.stop(0);
      await gateway.close();
      await place.endCoordinator();

      const later = await openGateway(place, gateway.address);
      const second = await place.startStore();
      await later.meet();
      assert.deepEqual(second.ready().length, 1);
      assert.ok(later.known.remote(place.identity.storeId) !== undefined);
    }));
});

describe('a store that was away', () => {
  test('R35: obeys no warrant before its coordinator has answered, and then does', () =>
    withPlace('card-readable', async (place) => {
      const gateways = ['127.0.0.1:7443'];
      await place.noteGateways(gateways);
      await place.endCoordinator();
      const program = await place.startStore();
      const address = must(program.address, 'it listens inwards');
      const gateway = clientOf(place, address, place.authority.gateway());
      const body = { admission: admission(place) };
      await gateway.call(STORE_ENDPOINTS.admitMember, { params: { pseudonym }, body });
      const copy = around.newCopyId();
      const bytes = around.random.bytes(packBytes(shape, 0));
      const put = { params: { copy }, query: { member: pseudonym }, body: { bytes } };
      await gateway.call(STORE_ENDPOINTS.receiveCopy, put);

      const nowMs = clock.nowMs();
      const { storeId } = place.identity;
      const times = { issuedMs: nowMs, notBeforeMs: nowMs };
      const warrant = around.destroy(storeId, { copyIds: [copy], ...times });
      const order = { body: { bytes: encodeWarrant(warrant) }, tries: 1 };
      const remove = () => gateway.call(STORE_ENDPOINTS.removeCopies, order);
      await assert.rejects(remove(), codeIs('busy'));
      assert.equal((await readTable(gateway, copy)).leafCount, shape.packLeaves[0]);
      await program.stop(0);

      await place.restartCoordinator();
      const again = must((await place.startStore()).address, 'it listens inwards');
      const after = clientOf(place, again, place.authority.gateway());
      const removed = await after.call(STORE_ENDPOINTS.removeCopies, order);
      assert.deepEqual(removed.copyIds, [copy]);
      await assert.rejects(readTable(after, copy), codeIs('missing'));
      for (const client of [gateway, after]) client.close();
    }));
});
