// Goal: a gateway that is killed at any moment finds what it needs when it starts again (docs/design/network.md).
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { formatInvitation } from '@kura/certificates';
import { TestService } from '../test-service.ts';
import { enrolGateway, readGatewayState, renewGateway } from './gateway-state.ts';

async function enrolled(context: TestContext) {
  const service = await TestService.found(context);
  await service.serveAccounts();
  const state = mkdtempSync(join(tmpdir(), 'kura-gateway-'));
  context.after(() => rmSync(state, { recursive: true }));
  const config = { state, listen: { address: '127.0.0.1:7443', public: undefined } };
  const invitation = formatInvitation(service.invitation(await service.token('gateway')));
  await enrolGateway(config, invitation, service);
  return { service, config, read: () => readGatewayState(config, service.clock.nowMs()) };
}

/** Path → text of every file. */
function filesIn(folder: string): ReadonlyMap<string, string> {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = all.flatMap((one) => (one.isFile() ? [join(one.parentPath, one.name)] : []));
  return new Map(paths.map((path) => [path, readFileSync(path, 'utf8')]));
}

test('what a gateway enrolled with is read again: secret, root, certificate and its key', async (context) => {
  const { service, read } = await enrolled(context);
  const { gatewaySecret, identity, root } = read();
  assert.deepEqual([...gatewaySecret], [...service.service.keys.gatewaySecret]);
  assert.equal(root.raw.compare(service.service.authority.root.raw), 0);
  const certificate = new X509Certificate(identity.certificatePem);
  assert.ok(certificate.checkPrivateKey(createPrivateKey(identity.keyPem)));
});

test('a renewal changes one file: no kill leaves a key beside another certificate', async (context) => {
  const { service, config, read } = await enrolled(context);
  const before = filesIn(config.state);
  const renewed = await renewGateway(config, service.client(read().identity), service);
  const changed = [...filesIn(config.state)].filter(([path, text]) => before.get(path) !== text);
  assert.equal(changed.length, 1);
  assert.deepEqual(read().identity, renewed);
});
