// Goal: nothing is written to a store before the member's contract allows it, at the claim of each pack (rows C4, R32).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceId, KuraError, packId, sessionId } from '@kura/base';
import { transact } from '@kura/database';
import { foundTestNetwork, START_MS } from '../fixtures.ts';
import { type ContractReason, setContract } from '../members/contract.ts';
import { setMemberState } from '../members/members.ts';
import { setPlan } from '../members/plans.ts';
import { readUsage } from '../members/usage.ts';
import { SESSION_LEASE_MS } from '../sessions/sessions.ts';
import { CLAIM_LEASE_MS, type Claim, claimUpload, releaseClaim } from './claim.ts';

const LEAF_BYTES = 4096;
const LEAVES = 8;

/** A member whose plan holds two packs. */
async function member({ paidUntilMs }: { readonly paidUntilMs?: number } = {}) {
  const { database, coordinator, clock } = await foundTestNetwork();
  const of = { rows: database.kysely, memberId: coordinator.memberId };
  await transact(database, async (rows) => {
    await rows.deleteFrom('contracts').execute();
    await setPlan(rows, {
      planId: 'small',
      levels: [{ fromYears: 0, level: 2 }],
      capacityBytes: 2 * LEAVES * LEAF_BYTES,
      archives: undefined,
      hours: undefined,
      usesPerDay: undefined,
      feeMinor: 100,
      currency: 'JPY',
    });
    const period = { fromMs: START_MS, toMs: undefined, paidUntilMs };
    await setContract({ ...of, rows }, { planId: 'small', ...period });
  });
  const session = await coordinator.beginSession('backup');
  const claimOf = (name: string, nowMs = clock.nowMs()): Claim => ({
    packId: packId(name.repeat(32)),
    deviceId: deviceId('dd'.repeat(16)),
    sessionId: session,
    digest: new Uint8Array(32).fill(1),
    leafCount: LEAVES,
    leafBytes: LEAF_BYTES,
    largestLeaves: LEAVES,
    gatewayId: '9a'.repeat(16),
    holder: name.repeat(16),
    nowMs,
  });
  const claim = (asked: Claim) => transact(database, (rows) => claimUpload({ ...of, rows }, asked));
  return { of, clock, coordinator, session, claimOf, claim };
}

async function refuses(work: Promise<unknown>, reason: ContractReason): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof KuraError && error.code === 'refused');
    assert.equal(error.context.reason, reason, error.message);
    return true;
  });
}

test('C4: a claim over the capacity of the plan is refused, and counts for nothing', async () => {
  const { of, claimOf, claim } = await member();
  assert.equal((await claim(claimOf('a1'))).kind, 'claimed');
  assert.equal((await claim(claimOf('a2'))).kind, 'claimed');
  await refuses(claim(claimOf('a3')), 'over_capacity');
  assert.equal((await readUsage(of)).claimedLeaves, 2 * LEAVES);
});

test('C4: a pack that was claimed is taken over though the plan is full: it is counted once', async () => {
  const { of, clock, claimOf, claim } = await member();
  const second = claimOf('a2');
  await claim(claimOf('a1'));
  await claim(second);
  await releaseClaim(of, second);
  const again = { ...second, holder: 'b2'.repeat(16), nowMs: clock.nowMs() + CLAIM_LEASE_MS };
  assert.equal((await claim(again)).kind, 'claimed');
  assert.equal((await readUsage(of)).claimedLeaves, 2 * LEAVES);
});

test('C4: who has not paid claims nothing', async () => {
  const { claimOf, claim } = await member({ paidUntilMs: START_MS });
  await refuses(claim(claimOf('a1')), 'unpaid');
});

test('C4: who is suspended claims nothing, nor goes on with what was claimed before', async () => {
  const { of, clock, claimOf, claim } = await member();
  const first = claimOf('a1');
  await claim(first);
  await releaseClaim(of, first);
  await setMemberState(of, 'suspended', clock.nowMs());
  await refuses(claim(claimOf('a2')), 'suspended');
  await refuses(claim({ ...first, holder: 'b1'.repeat(16) }), 'suspended');
});

test('C4: a pack is claimed within a living session that saves, or not at all', async () => {
  const { of, clock, coordinator, session, claimOf, claim } = await member();
  const unknown = sessionId('5e'.repeat(16));
  await assert.rejects(claim({ ...claimOf('a1'), sessionId: unknown }), { code: 'interrupted' });
  for (const kind of ['restore', 'check'] as const) {
    const reading = await coordinator.beginSession(kind);
    const refused = claim({ ...claimOf('a1'), sessionId: reading });
    await assert.rejects(refused, { code: 'refused', context: { reason: 'session', kind } });
  }
  assert.equal((await readUsage(of)).claimedLeaves, 0);
  clock.now += SESSION_LEASE_MS - 1;
  await claim(claimOf('a1'));
  clock.now += SESSION_LEASE_MS - 1;
  const living = await coordinator.sessions();
  assert.ok(
    living.some(({ sessionId: id }) => id === session),
    'the claim renewed it',
  );
  await coordinator.endSession(session);
  await assert.rejects(claim(claimOf('a2')), { code: 'interrupted' });
});
