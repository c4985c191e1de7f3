import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { DAY_MS, deviceId, KuraError, memberId } from '@kura/base';
import { foundAuthority, issue, newRequest } from '@kura/certificates';
import { ManualAlarmClock, SeededRandom } from '@kura/testing';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import { renewedIdentity } from './renew.ts';

const clock = new ManualAlarmClock();
const random = new SeededRandom(4);
const around = { clock, random };
const network = 'ab'.repeat(16);
const authority = foundAuthority(network, { nowMs: clock.nowMs(), random });

function certified(request: Uint8Array): string {
  const member = memberId('11'.repeat(16));
  const name = { role: 'device', network, member, device: deviceId('22'.repeat(16)) } as const;
  return issue(authority, { request, name, hosts: [], nowMs: clock.nowMs(), random });
}

/** Answers every call with what `answer` makes of its body. */
function clientOf(answer: (body: { certificateRequest: Uint8Array }) => object): EndpointClient {
  const call = async (_: unknown, { body }: { body: { certificateRequest: Uint8Array } }) =>
    answer(body);
  return { call, close: () => undefined } as unknown as EndpointClient;
}

test('a device gets a new certificate, for a new key, when thirty days are left of the old', async () => {
  const { keyPem, request } = newRequest(random);
  const old = { keyPem, certificatePem: certified(request) };
  const asked: Uint8Array[] = [];
  const client = clientOf(({ certificateRequest }) => {
    asked.push(certificateRequest);
    return { certificatePem: certified(certificateRequest) };
  });
  clock.advance(59 * DAY_MS);
  assert.equal(await renewedIdentity(old, client, around), undefined);
  assert.equal(asked.length, 0);
  clock.advance(2 * DAY_MS);
  const renewed = await renewedIdentity(old, client, around);
  assert.ok(renewed !== undefined && renewed.keyPem !== keyPem);
  const { validToDate } = new X509Certificate(renewed.certificatePem);
  assert.ok(validToDate.getTime() - clock.nowMs() >= 89 * DAY_MS);
});

test('a renewal that fails leaves the old certificate as it is', async () => {
  const { keyPem, request } = newRequest(random);
  const old = { keyPem, certificatePem: certified(request) };
  clock.advance(80 * DAY_MS);
  const client = clientOf(() => {
    throw new KuraError('unreachable', 'no answer');
  });
  assert.equal(await renewedIdentity(old, client, around), undefined);
});
