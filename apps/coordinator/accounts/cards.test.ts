// Goal: a stolen card reads for a minute at the most after its owner sends it away, and another takes its place
// by the owner's word only; what reads copies is told to the member alone, and stays the same (A17, R33, B5, B6).
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DAY_MS, fromHex, type MemberId, must, systemRandom, toHex } from '@kura/base';
import { NO_REVOCATIONS, openGrant, openRevocations } from '@kura/contract';
import { cardMessage } from '@kura/contract/wire/card-proof.ts';
import { ACCOUNT_ENDPOINTS } from '@kura/contract/wire/endpoints/account.ts';
import { NETWORK_ENDPOINTS } from '@kura/contract/wire/endpoints/network.ts';
import { readKeyring } from '@kura/contract/wire/keyring-body.ts';
import { openLetter } from '@kura/copy-seal';
import { signEd25519 } from '@kura/log';
import { parseEvent } from '@kura/log/events.ts';
import { signNewList } from '../authority/revocations.ts';
import { readEvents } from '../custody/log-events.ts';
import { refusal, registration, testStore } from '../fixtures.ts';
import { ServiceCopyKeys } from '../gateway/member-keys.ts';
import { setMemberState } from '../members/members.ts';
import { networkHandlers } from '../serve/network-handlers.ts';
import { registerStore, type StoreService } from '../stores/stores.ts';
import { TestMember, TestService } from '../test-service.ts';
import { accountHandlers } from './handlers.ts';

const { devices, putCard, removeDevice } = ACCOUNT_ENDPOINTS;
const READABLE: StoreService = {
  kind: 'readable',
  readerAddress: '127.0.0.1:7445',
  lineMbit: 100,
  capacityBytes: 1e12,
  rank: 1,
  operator: 'test',
};

async function joined(context: TestContext) {
  const service = await TestService.found(context);
  const { network, keys: secrets } = service.service;
  const keys = new ServiceCopyKeys(secrets.gatewaySecret, () => service.rows);
  await service.serve(
    { ...ACCOUNT_ENDPOINTS, ...NETWORK_ENDPOINTS },
    { ...accountHandlers(service.service), ...networkHandlers({ network, ...secrets, keys }) },
  );
  const store = testStore(1);
  const nowMs = service.clock.nowMs();
  await registerStore(service.rows, { ...registration(store), service: READABLE }, nowMs);
  const member = new TestMember(service, 'grace');
  const owner = service.client(
    await member.join(await service.token('member', { planId: 'basic' })),
  );
  const grants = async () => (await owner.call(NETWORK_ENDPOINTS.grants, {})).grants;
  const card = async () => {
    const all = (await owner.call(devices, {})).devices;
    return all.find(({ kind, revokedMs }) => kind === 'card' && revokedMs === undefined);
  };
  return { service, member, owner, grants, card, keys, storeId: store.identity.storeId };
}

/** What a reader of the store says to whoever shows this grant and has the key of the card. */
async function show(
  { service, storeId }: Awaited<ReturnType<typeof joined>>,
  grant: Uint8Array,
  keyHash: Uint8Array,
): Promise<MemberId> {
  const { coordinatorSeed, coordinatorKey } = service.service.keys;
  const signing = { seed: coordinatorSeed, nowMs: service.clock.nowMs() };
  const signed = await signNewList(service.rows, signing);
  const revocations =
    signed === undefined
      ? NO_REVOCATIONS
      : openRevocations(signed.list, { coordinatorKey, heldNumber: 0 });
  const check = { coordinatorKeys: [coordinatorKey], storeId, keyHash, revocations };
  return openGrant(grant, check).pseudonym;
}

async function cardKeyOf({ service, member }: Awaited<ReturnType<typeof joined>>) {
  const row = await service.rows
    .selectFrom('members')
    .select('card_key_hash')
    .where('member_id', '=', member.memberId)
    .executeTakeFirstOrThrow();
  return must(row.card_key_hash, 'a card');
}

test('A17, R33: a card that its owner removed opens no store any more, and gets no new grant', async (context) => {
  const made = await joined(context);
  const { owner, grants, card } = made;
  const keyHash = await cardKeyOf(made);
  const [grant] = await grants();
  assert.ok(grant !== undefined);
  const stolen = must(await card(), 'the card that joined');
  assert.equal(stolen.deviceId, toHex(keyHash.subarray(0, 16)));
  await owner.call(removeDevice, { params: { device: stolen.deviceId } });
  await assert.rejects(show(made, grant, keyHash), refusal('refused', /revoked/));
  assert.deepEqual(await grants(), []);
  assert.equal(await card(), undefined);
  const all = (await owner.call(devices, {})).devices;
  assert.equal(
    all.filter(({ revokedMs }) => revokedMs === undefined).length,
    1,
    'the device stays',
  );
});

test('A17: a new card takes the place of the one before, by the word of the owner', async (context) => {
  const made = await joined(context);
  const { owner, member, grants, card } = made;
  const before = await cardKeyOf(made);
  const [old] = await grants();
  assert.ok(old !== undefined);
  const cardKeyHash = systemRandom.bytes(32);
  const put = (hash: Uint8Array, seed = member.ownerSeed) => {
    const signature = signEd25519(cardMessage(member.memberId, hash), seed);
    return owner.call(putCard, { body: { cardKeyHash: hash, signature } });
  };
  await assert.rejects(put(cardKeyHash, systemRandom.bytes(32)), refusal('refused', /signed/));
  await put(cardKeyHash);
  await put(cardKeyHash);
  assert.equal((await card())?.deviceId, toHex(cardKeyHash.subarray(0, 16)));
  await assert.rejects(show(made, old, before), refusal('refused', /revoked/));
  const [grant] = await grants();
  assert.ok(grant !== undefined);
  await show(made, grant, cardKeyHash);
  await assert.rejects(put(before), refusal('refused', /removed/));
});

test('A16: which keys the network believed, and since when, are events of the log', async (context) => {
  const made = await joined(context);
  const { service, owner, member } = made;
  const first = await cardKeyOf(made);
  const cardKeyHash = systemRandom.bytes(32);
  const signature = signEd25519(cardMessage(member.memberId, cardKeyHash), member.ownerSeed);
  await owner.call(putCard, { body: { cardKeyHash, signature } });
  const of = { rows: service.rows, memberId: member.memberId };
  const events = await readEvents(of, { after: 0, limit: 10 });
  const changes = events.map(({ body }) => {
    const event = parseEvent(body);
    assert.ok(event.event === 'key-changed');
    return [event.subject.what, event.subject.newKeyHash];
  });
  const device = must(changes[1], 'of the device that joined');
  assert.deepEqual(changes, [
    ['card', toHex(first)],
    device,
    ['card', toHex(cardKeyHash)],
    ['card', null],
  ]);
  assert.equal(device[0], 'device-certificate');
});

test('B5: what reads a member’s copies comes sealed, to nobody else', async (context) => {
  const { service, owner, member, keys, storeId } = await joined(context);
  const { coordinatorKey } = service.service.keys;
  const { sealed } = await owner.call(NETWORK_ENDPOINTS.copyKeys, {});
  const keyring = readKeyring(openLetter('keyring', sealed, { ...member.letters, coordinatorKey }));
  const { copyKey, pseudonym } = await keys.keysFor(member.memberId, storeId);
  assert.deepEqual(keyring.keys, [{ storeId, copyKey: new Uint8Array(copyKey), pseudonym }]);
  assert.equal(keyring.memberId, member.memberId);
  for (const secret of [copyKey, fromHex(pseudonym)]) {
    assert.equal(Buffer.from(sealed).indexOf(secret), -1);
  }
  const other = new TestMember(service, 'henry');
  const opened = () => openLetter('keyring', sealed, { ...other.letters, coordinatorKey });
  assert.throws(opened, refusal('refused', /somebody else/));
});

test('B6: name and key of a member at a store stay, and are nobody else’s', async (context) => {
  const made = await joined(context);
  const { service, owner, member, grants } = made;
  const { coordinatorKey } = service.service.keys;
  const openOf = async (client: typeof owner, { letters }: TestMember) => {
    const { sealed } = await client.call(NETWORK_ENDPOINTS.copyKeys, {});
    const keyring = readKeyring(openLetter('keyring', sealed, { ...letters, coordinatorKey }));
    return must(keyring.keys[0], 'the store');
  };
  const first = await openOf(owner, member);
  service.clock.now += 20 * DAY_MS;
  assert.deepEqual(await openOf(owner, member), first);
  const [grant] = await grants();
  const shown = await show(made, must(grant, 'a grant'), await cardKeyOf(made));
  assert.equal(shown, first.pseudonym, 'a card says the same name');
  const other = new TestMember(service, 'henry');
  const token = await service.token('member', { planId: 'basic' });
  const theirs = await openOf(service.client(await other.join(token)), other);
  assert.notEqual(theirs.pseudonym, first.pseudonym);
  assert.notDeepEqual(theirs.copyKey, first.copyKey);
});

test('C4: the card of a suspended member opens nothing until the membership goes on', async (context) => {
  const made = await joined(context);
  const { service, owner, member, grants } = made;
  const keyHash = await cardKeyOf(made);
  const [grant] = await grants();
  assert.ok(grant !== undefined);
  await show(made, grant, keyHash);
  const of = { rows: service.rows, memberId: member.memberId };
  await setMemberState(of, 'suspended', service.clock.nowMs());
  await assert.rejects(grants(), refusal('refused', /suspended/));
  const copyKeys = owner.call(NETWORK_ENDPOINTS.copyKeys, {});
  await assert.rejects(copyKeys, refusal('refused', /suspended/));
  await assert.rejects(show(made, grant, keyHash), refusal('refused', /revoked/));
  await setMemberState(of, 'active', service.clock.nowMs());
  await show(made, grant, keyHash);
  assert.equal((await grants()).length, 1);
});
