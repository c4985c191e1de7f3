// Goal: what a contract allows is judged in one place, and every refusal names its reason (rows C4, A14).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, HOUR_MS, KuraError, memberId, sessionId, toHex } from '@kura/base';
import type { SessionKind } from '@kura/contract';
import { transact } from '@kura/database';
import { foundTestNetwork, START_MS } from '../fixtures.ts';
import { closeJournal, openJournal } from '../sessions/journal.ts';
import {
  type Act,
  CONTRACT_REASONS,
  type ContractReason,
  judgeContract,
  RESTORE_AFTER_END_MS,
  setContract,
} from './contract.ts';
import { setMemberState } from './members.ts';
import { type Plan, setPlan } from './plans.ts';

const LEAF_BYTES = 4096;
const PLAN: Plan = {
  planId: 'small',
  levels: [{ fromYears: 0, level: 2 }],
  capacityBytes: 16 * LEAF_BYTES,
  archives: 2,
  hours: undefined,
  usesPerDay: 2,
  feeMinor: 100,
  currency: 'JPY',
};
const session = (kind: SessionKind, cardLevel = 2): Act => ({ act: 'session', kind, cardLevel });
const BACKUP = session('backup');
const claim = (kind: SessionKind, leafCount = 8): Act => ({
  ...{ act: 'claim', kind, leafCount, leafBytes: LEAF_BYTES, largestLeaves: 16 },
});
const CLAIM = claim('backup');
const COMMIT: Act = { act: 'commit' };
const READ: Act = { act: 'read' };
const RESTORE = session('restore');
const PRUNE = session('prune');

interface Given {
  readonly plan?: Partial<Plan>;
  readonly toMs?: number;
  readonly paidUntilMs?: number;
  readonly fromMs?: number;
}

/** A member whose contract replaced that of the founding. */
async function member(given: Given = {}) {
  const { database, coordinator, clock } = await foundTestNetwork();
  const of = { rows: database.kysely, memberId: coordinator.memberId };
  const { fromMs = START_MS, toMs, paidUntilMs } = given;
  await transact(database, async (rows) => {
    await rows.deleteFrom('contracts').execute();
    await setPlan(rows, { ...PLAN, ...given.plan });
    await setContract({ ...of, rows }, { planId: PLAN.planId, fromMs, toMs, paidUntilMs });
  });
  const judge = (act: Act) => judgeContract(of, act, clock.nowMs());
  const usage = (columns: { leaves?: number; claimed_leaves?: number; snapshots?: number }) =>
    of.rows.updateTable('usage').set(columns).execute();
  return { of, judge, clock, usage, database };
}

const seen = new Set<ContractReason>();

async function refuses(work: Promise<void>, reason: ContractReason, message?: RegExp) {
  seen.add(reason);
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof KuraError && error.code === 'refused');
    assert.equal(error.context.reason, reason, error.message);
    assert.ok((error.guidance ?? '').length > 0);
    if (message !== undefined) assert.match(error.message, message);
    return true;
  });
}

test('C4: a contract in force and paid for allows everything', async () => {
  const { judge } = await member({ paidUntilMs: START_MS + DAY_MS });
  for (const act of [BACKUP, CLAIM, COMMIT, READ, RESTORE, PRUNE]) await judge(act);
});

test('C4: without a contract nothing is allowed', async () => {
  const { judge, of } = await member();
  await of.rows.deleteFrom('contracts').execute();
  for (const act of [BACKUP, CLAIM, COMMIT, READ]) await refuses(judge(act), 'no_contract');
  const stranger = { ...of, memberId: memberId('77'.repeat(16)) };
  await refuses(judgeContract(stranger, READ, START_MS), 'no_contract');
});

test('C4: before its period a contract allows nothing, after it restoring for 30 days', async () => {
  const { judge, clock } = await member({ fromMs: START_MS + DAY_MS, toMs: START_MS + 9 * DAY_MS });
  await refuses(judge(BACKUP), 'out_of_period', /begins at/);
  clock.now = START_MS + DAY_MS;
  await judge(BACKUP);
  clock.now = START_MS + 9 * DAY_MS;
  for (const act of [BACKUP, CLAIM, COMMIT, PRUNE]) {
    await refuses(judge(act), 'out_of_period', /ended at/);
  }
  await judge(READ);
  await judge(RESTORE);
  clock.now += RESTORE_AFTER_END_MS;
  await refuses(judge(READ), 'out_of_period');
  await refuses(judge(RESTORE), 'out_of_period');
});

test('C4: unpaid, nothing is saved; restoring and pruning go on', async () => {
  const { judge } = await member({ paidUntilMs: START_MS });
  for (const act of [BACKUP, CLAIM, COMMIT]) await refuses(judge(act), 'unpaid');
  for (const act of [READ, RESTORE, PRUNE]) await judge(act);
});

test('C4: a suspended member does nothing, a closed one restores for 30 days', async () => {
  const { judge, of, clock } = await member();
  await setMemberState(of, 'suspended', clock.now);
  for (const act of [BACKUP, CLAIM, COMMIT, READ]) await refuses(judge(act), 'suspended');
  await setMemberState(of, 'active', clock.now);
  await judge(BACKUP);
  await setMemberState(of, 'closed', clock.now);
  await refuses(judge(BACKUP), 'closed');
  await judge(READ);
  clock.now += RESTORE_AFTER_END_MS;
  await refuses(judge(READ), 'closed');
});

test('C4: a prune may write anew at a full plan, also unpaid: three packs beyond, and none more', async () => {
  const { judge, usage } = await member({ paidUntilMs: START_MS });
  await refuses(judge(CLAIM), 'unpaid');
  for (const kind of ['prune', 'repair'] as const) {
    await usage({ leaves: 16, claimed_leaves: 0 });
    await judge(claim(kind, 16));
    await usage({ leaves: 16, claimed_leaves: 32 });
    await judge(claim(kind, 16));
    await usage({ leaves: 16, claimed_leaves: 48 });
    await refuses(judge(claim(kind, 4)), 'over_capacity');
  }
});

test('C4: capacity counts what stands and what is on its way, to the last leaf', async () => {
  const { judge, usage } = await member();
  await usage({ leaves: 4, claimed_leaves: 4 });
  await judge(CLAIM);
  await usage({ claimed_leaves: 5 });
  await refuses(judge(CLAIM), 'over_capacity', /of which 36/);
  await usage({ leaves: 0 });
  await judge(CLAIM);
});

test('C4: so many snapshots, and no more until one is forgotten', async () => {
  const { judge, usage } = await member();
  await usage({ snapshots: 1 });
  await judge(COMMIT);
  await usage({ snapshots: 2 });
  await refuses(judge(COMMIT), 'over_archives', /2 snapshots/);
});

test('C4: backups a day are counted by the day, whatever else ran', async () => {
  const { judge, of, clock, database } = await member();
  let number = 0;
  const run = (kind: SessionKind) =>
    transact(database, async (rows) => {
      const id = sessionId(toHex(new Uint8Array(16).fill(++number)));
      const begun = { sessionId: id, kind, beganAt: number, beganMs: clock.now };
      await openJournal({ ...of, rows }, begun);
      await closeJournal({ ...of, rows, nowMs: clock.now }, id, { outcome: 'done', figures: {} });
    });
  await run('backup');
  await run('restore');
  await judge(BACKUP);
  await run('backup');
  await refuses(judge(BACKUP), 'over_uses', /2 backups a day/);
  await judge(RESTORE);
  clock.now += DAY_MS;
  await judge(BACKUP);
});

test('C4: hours of the week are those of UTC', async () => {
  // START_MS is a Saturday, 0 h.
  const { judge, clock } = await member({ plan: { hours: 'mo-fr 0-6, sa 3-4' } });
  await refuses(judge(BACKUP), 'out_of_hours', /sa 3-4/);
  clock.now += 3 * HOUR_MS;
  await judge(BACKUP);
  await judge(CLAIM);
  clock.now += HOUR_MS;
  await refuses(judge(BACKUP), 'out_of_hours');
  await judge(CLAIM); // a session that has begun may end
  clock.now = START_MS + 2 * DAY_MS;
  await judge(BACKUP);
});

test('A14: a card that states another level is refused, and told the right one', async () => {
  const { judge } = await member();
  await judge(BACKUP);
  await refuses(judge(session('backup', 3)), 'level_differs', /card says level 3.*level 2/);
  await judge(session('restore', 3));
});

test('every reason was seen', () => {
  assert.deepEqual([...seen].sort(), [...CONTRACT_REASONS].sort());
});
