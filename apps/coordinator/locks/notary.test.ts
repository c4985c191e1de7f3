// Goal: the network gives its share of a lock to the member whose lock it is, against the stamps of that day, tells the
// member, and gives it for nothing else (D16).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { DAY_MS, type DeviceId, equalBytes, KuraError, memberId } from '@kura/base';
import { foundAuthority, issueTimestamper, newKey } from '@kura/certificates';
import { LOCK_BOX_BYTES } from '@kura/contract';
import type { OpenLockRequest } from '@kura/contract/wire/endpoints/locks.ts';
import { type LockShare, lockKeyOf, sealLockShare } from '@kura/copy-seal';
import {
  encodeRequest,
  evidenceOf,
  givenOf,
  issueToken,
  newNonce,
  parseRequest,
  readAuthorities,
  type Stamp,
  verifyTimestamp,
} from '@kura/timestamps';
import { foundTestNetwork, type TestNetwork } from '../fixtures.ts';
import { readInbox } from '../inbox/inbox.ts';
import { giveShare } from './notary.ts';

const notarySeed = new Uint8Array(32).fill(9);
const DEVICE = 'd1'.repeat(16) as DeviceId;
const EPOCH = 2 ** 31 + 1;

/** By an authority of its own. */
function stampOf(imprint: Uint8Array, { random, clock }: TestNetwork): Stamp {
  const nowMs = clock.now;
  const root = foundAuthority('authority', { nowMs: nowMs - DAY_MS, random });
  const key = newKey(random);
  const certificatePem = issueTimestamper(root, { key, nowMs: nowMs - DAY_MS, random });
  const request = parseRequest(encodeRequest({ imprint, nonce: newNonce(random.bytes(8)) }));
  const stamping = { timeMs: nowMs, serial: random.bytes(16) };
  const token = issueToken({ key, certificatePem }, request, stamping);
  const authorities = readAuthorities(root.certificatePem);
  return { name: 'one', token, timestamp: verifyTimestamp(token, { imprint, authorities }) };
}

async function lockedSnapshot() {
  const network = await foundTestNetwork();
  const { coordinator, random } = network;
  const session = await coordinator.beginSession('backup');
  const packs = network.newPacks(1);
  await coordinator.recordPacks(session, packs);
  const uses = packs.map(({ packId }) => packId);
  const receipt = await coordinator.commitSnapshot(session, network.head(uses), uses);
  const imprint = new Uint8Array(createHash('sha256').update(receipt.body).digest());
  const stamp = stampOf(imprint, network);
  const agreement = { epoch: EPOCH, approvals: 1, imprint, stamps: [stamp] };
  const lock: LockShare = {
    ...{ memberId: coordinator.memberId, epoch: EPOCH },
    ...{ evidence: evidenceOf(agreement), share: random.bytes(32) },
  };
  const boxOf = (changes: Partial<LockShare>, seed = notarySeed): Uint8Array =>
    sealLockShare({ ...lock, ...changes }, lockKeyOf(seed), random);
  const request: OpenLockRequest = {
    ...{ approvals: 1, receipt, stamps: [givenOf(stamp)], box: boxOf({}) },
  };
  const ask = (changes: Partial<OpenLockRequest>, of = coordinator.memberId) =>
    giveShare(
      of,
      { ...request, ...changes },
      {
        ...{ network: coordinator.entire, notarySeed, deviceId: DEVICE },
      },
    );
  const told = async (): Promise<unknown[]> => {
    const of = { rows: network.database.kysely, memberId: coordinator.memberId };
    const messages = await readInbox(of, { after: 0, limit: 10 });
    return messages.map(({ body }) => JSON.parse(body).unlocked).filter((id) => id !== undefined);
  };
  return { network, lock, boxOf, request, imprint, ask, told };
}

test('D16: the share is given against the stamps of that day, and the member is told', async () => {
  const { lock, request, ask, told } = await lockedSnapshot();
  assert.equal(request.box.length, LOCK_BOX_BYTES);
  assert.ok(equalBytes(await ask({}), lock.share));
  assert.deepEqual(await told(), [JSON.parse(request.receipt.body).snapshotId]);
});

test('D16: whatever does not agree is refused by its name, and nobody is told of an opening', async () => {
  const { network, boxOf, request, imprint, ask, told } = await lockedSnapshot();
  const other = memberId('cd'.repeat(16));
  const elsewhere = stampOf(imprint, network);
  const body = request.receipt.body.replace('"packCount":1', '"packCount":2');
  const refusals: readonly (readonly [Promise<unknown>, RegExp])[] = [
    [ask({}, other), /lock of another member/],
    [ask({ box: boxOf({ memberId: other }) }), /lock of another member/],
    [ask({ box: boxOf({}, new Uint8Array(32).fill(8)) }), /not of this network/],
    [ask({ box: boxOf({ evidence: new Uint8Array(32) }) }), /not the stamps that it was locked/],
    [ask({ stamps: [givenOf(elsewhere)] }), /not the stamps that it was locked/],
    [ask({ stamps: [] }), /do not agree: 0 of 1/],
    [ask({ approvals: 2 }), /do not agree: 1 of 2/],
    [ask({ receipt: { ...request.receipt, body } }), /does not hold it/],
    [ask({ receipt: { ...request.receipt, leafIndex: 1 } }), /does not hold it/],
  ];
  for (const [answer, why] of refusals) {
    await assert.rejects(
      answer,
      (error) => error instanceof KuraError && error.code === 'refused' && why.test(error.message),
      String(why),
    );
  }
  assert.deepEqual(await told(), []);
});
