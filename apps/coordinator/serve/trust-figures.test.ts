import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '@kura/base';
import { foundAuthority } from '@kura/certificates';
import { Metrics } from '@kura/daemon/metrics.ts';
import { foundTestNetwork } from '../fixtures.ts';
import { certificateEndMs, showCertificate, showRevocations } from './trust-figures.ts';

test('the end of a certificate has a figure, and the list of withdrawn ones before there is any', async () => {
  const { database, clock } = await foundTestNetwork();
  const nowMs = clock.nowMs();
  const { certificatePem } = foundAuthority('ab'.repeat(16), { nowMs, random: systemRandom });
  const metrics = new Metrics();
  showCertificate(metrics, { certificatePem, keyPem: '' });
  await showRevocations(database.kysely, { metrics, nowMs });
  const text = metrics.text();
  assert.ok(certificateEndMs({ certificatePem }) > nowMs);
  const endSeconds = certificateEndMs({ certificatePem }) / 1000;
  assert.match(text, new RegExp(`^kura_certificate_end_seconds ${endSeconds}$`, 'm'));
  assert.match(text, /^kura_revocations_age_seconds 0$/m);
});
