// Goal: a coordinator whose clock was wrong is reached again once it is right, without anybody's help.
import assert from 'node:assert/strict';
import type { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DAY_MS, systemRandom as random, SECOND_MS, SMALL_SHAPE } from '@kura/base';
import { COORDINATOR_CONFIG, Metrics, readConfig } from '@kura/daemon';
import { loadNative } from '@kura/native';
import { ManualAlarmClock } from '@kura/testing';
import { RawSocket } from '@kura/wire/test-socket.ts';
import { coordinatorProgram } from './coordinator.ts';
import { foundCoordinator } from './coordinator-state.ts';

const TEN_YEARS_MS = 3653 * DAY_MS;
const LOOK_MS = 15 * SECOND_MS;
const FILE = `role = "coordinator"
state = "state"
[listen]
address = "127.0.0.1:0"
public = "127.0.0.1:7443"
[database]
url = "network.db"
[gateway]
enabled = false
`;

/** Of the certificate that is shown to whoever comes. */
async function shown(address: string): Promise<X509Certificate> {
  const { tls } = await RawSocket.open(address);
  const certificate = tls.getPeerX509Certificate();
  tls.destroy();
  assert.ok(certificate !== undefined);
  return certificate;
}

test('a certificate that was made while the clock was ten years ahead is made anew', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'kura-coordinator-'));
  context.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'state'), { mode: 0o700 });
  const { loaded } = readConfig(FILE, COORDINATOR_CONFIG, { folder, environment: {} });
  assert.ok(loaded !== undefined);
  const clock = new ManualAlarmClock();
  const around = { clock, random, log: { event: () => undefined }, metrics: new Metrics() };
  const surroundings = { ...around, native: loadNative() };
  const founding = { shape: SMALL_SHAPE, copies: 2, removalDelayMs: 0, operator: 'ada' };
  await foundCoordinator(loaded.value, founding, surroundings);
  const nowMs = clock.nowMs();
  clock.set(nowMs + TEN_YEARS_MS);
  const program = coordinatorProgram(loaded.value, surroundings);
  await program.start();
  context.after(() => program.stop(0));
  const { address } = program;
  assert.ok(address !== undefined);
  assert.ok((await shown(address)).validFromDate.getTime() > nowMs + DAY_MS);

  clock.set(nowMs);
  clock.advance(LOOK_MS);
  // Armed again when the work is done.
  await clock.whenArmed(LOOK_MS);
  assert.ok((await shown(address)).validFromDate.getTime() <= clock.nowMs());
});
