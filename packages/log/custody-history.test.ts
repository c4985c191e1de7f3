import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { must } from '@kura/base';
import { isContradiction, judgeHistory } from './custody-history.ts';
import { ReceiptVerifier } from './receipt-verifier.ts';
import type { Receipt } from './receipts.ts';
import { TestLog } from './test-custody.ts';

/** A log that signed each receipt when it appended it, as one without witnesses does. */
function grown(events: number): { log: TestLog; receipts: Receipt[] } {
  const log = new TestLog();
  const bodies = [
    log.snapshotBody(),
    ...Array.from({ length: events }, () => log.eventBody('moved')),
  ];
  return { log, receipts: bodies.map((body) => log.add(body)) };
}

function kindsIn(receipts: readonly Receipt[]): string[] {
  const verifier = new ReceiptVerifier(new TestLog().policy(0));
  return judgeHistory(receipts.map((one) => verifier.verify(one))).map(({ kind }) => kind);
}

describe('receipts beside each other', () => {
  it('of one honest log contradict nothing, in whatever order they are brought', () => {
    const { receipts } = grown(9);
    assert.deepEqual(kindsIn(receipts), []);
    assert.deepEqual(kindsIn(receipts.toReversed()), []);
    assert.deepEqual(kindsIn([...receipts, ...receipts]), []);
  });

  it('an event that was left out leaves a gap, which proves no lie', () => {
    const { receipts } = grown(9);
    assert.deepEqual(kindsIn(receipts.toSpliced(4, 1)), ['gap']);
    assert.equal(isContradiction({ kind: 'gap' }), false);
  });

  it('two heads of one size are a split view', () => {
    const one = grown(4);
    const other = grown(4);
    other.log.eventBody('settled');
    const rival = other.log.snapshotBody();
    const [first, second] = [one.log.add(one.log.eventBody('moved')), other.log.add(rival)];
    const kinds = kindsIn([...one.receipts, first, second]);
    assert.deepEqual(kinds, ['split-view', 'split-view']);
  });

  it('a head that does not continue the one that its own proof shows is a rewritten log', () => {
    const honest = grown(3);
    const rewritten = new TestLog();
    const replaced = rewritten.snapshotBody();
    for (let entry = 0; entry < 4; entry++) rewritten.appendBody(replaced);
    const later = rewritten.add(rewritten.eventBody('incident', null));
    const kinds = kindsIn([must(honest.receipts[3], 'the last'), later]);
    assert.ok(kinds.includes('rewritten'), kinds.join());
  });

  it('two events after the same one are a forked history', () => {
    const { log, receipts } = grown(2);
    const fork = log.add(log.eventBody('settled', null));
    assert.deepEqual(kindsIn([...receipts, fork]), ['forked']);
  });

  it('an event that follows a later one is misplaced', () => {
    const log = new TestLog();
    const [first, second] = [log.eventBody('moved'), log.eventBody('moved')];
    const at = [second, first].map((body) => log.appendBody(body));
    assert.deepEqual(at, [0, 1]);
    assert.deepEqual(kindsIn([log.receipt(second, 0), log.receipt(first, 1)]), ['misplaced']);
  });
});
