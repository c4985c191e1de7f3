import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { must } from '@kura/base';
import { EVENT_NAMES } from '../events.ts';
import { formatPolicy } from '../policy-text.ts';
import { toReceiptLine } from '../receipt-file.ts';
import type { Receipt } from '../receipts.ts';
import { TestLog } from '../test-custody.ts';
import { checkReceipts } from './kura-receipts.mjs';

interface Answer {
  readonly isGood: boolean;
  readonly said: readonly string[];
}

function check(policy: string, receipts: readonly Receipt[]): Answer {
  const said: string[] = [];
  const lines = receipts.map((one) => JSON.stringify(toReceiptLine(one)));
  return { isGood: checkReceipts(policy, lines, (line) => said.push(line)), said };
}

describe('the stand-alone verifier', () => {
  const log = new TestLog(['w1', 'w2']);
  const bodies = [log.snapshotBody(), ...EVENT_NAMES.map((name) => log.eventBody(name))];
  for (const body of bodies) log.appendBody(body);
  const receipts = bodies.map((body, index) => log.receipt(body, index));
  const policy = formatPolicy(log.policy(2));

  it('accepts what Kura writes, of every kind, and counts it', () => {
    const { isGood, said } = check(policy, receipts);
    assert.equal(isGood, true);
    assert.equal(said.at(-1), '8 receipts good, 8 of them witnessed, 0 refused, 0 contradictions');
    for (const name of EVENT_NAMES) assert.ok(said.some((line) => line.includes(` ${name} at `)));
  });

  it('refuses under another policy, a changed body, and nothing at all', () => {
    const { isGood, said } = check(formatPolicy(new TestLog(['w1', 'w3']).policy(2)), receipts);
    assert.equal(isGood, false);
    assert.ok(said.some((line) => line.startsWith('REFUSED 1: claim')));
    const [first] = receipts;
    const changed = { ...must(first, 'one'), body: must(bodies[1], 'another') };
    assert.equal(check(policy, [changed]).isGood, false);
    assert.equal(check(policy, []).isGood, false);
  });

  it('sees two histories of one log', () => {
    const [one, other] = [new TestLog(), new TestLog()];
    other.eventBody('settled');
    const shown = [one.add(one.snapshotBody()), other.add(other.snapshotBody())];
    const { isGood, said } = check(formatPolicy(one.policy(0)), shown);
    assert.equal(isGood, false);
    assert.ok(said.some((line) => line.startsWith('REFUSED split-view')));
  });

  it('a policy that is none is not taken for one', () => {
    assert.throws(() => check('quorum unknown\n', receipts), /policy/);
  });
});
