import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { must } from '@kura/base';
import { cosign } from './cosignature.ts';
import { describeReceipt } from './describe-receipt.ts';
import { EVENT_NAMES } from './events.ts';
import { parseNote } from './note.ts';
import { ReceiptVerifier, verifyReceipt } from './receipt-verifier.ts';
import type { Receipt } from './receipts.ts';
import { type RefusalReason, refusalReason } from './refusal.ts';
import { keyOf, seedOf, TEST_LOG, TestLog } from './test-custody.ts';

const refusedFor =
  (reason: RefusalReason) =>
  (error: unknown): boolean =>
    refusalReason(error) === reason;

const log = new TestLog(['w1', 'w2']);
const bodies = [log.snapshotBody(), ...EVENT_NAMES.map((name) => log.eventBody(name))];
for (const body of bodies) log.appendBody(body);
const receipts = bodies.map((body, index) => log.receipt(body, index));
const receipt = must(receipts[3], 'an event in the middle');
const policy = log.policy(2);

/** The note without the lines of these witnesses. */
const without = (note: string, ...names: string[]): string =>
  note
    .split('\n')
    .filter((line) => !names.some((name) => line.startsWith(`— ${name} `)))
    .join('\n');

describe('receipts under a witness policy', () => {
  it('every kind of event and the snapshot verify, and say who saw them', () => {
    const verifier = new ReceiptVerifier(policy);
    for (const one of receipts) {
      const opened = verifier.verify(one);
      assert.equal(opened.isWitnessed, true);
      assert.match(describeReceipt(opened), /^seen by w1 at .+\nseen by w2 at .+\nwitnessed$/m);
    }
  });

  it('with too few witnesses are refused, and only not witnessed where that is asked', () => {
    const late = { ...receipt, checkpoint: without(receipt.checkpoint, 'w2'), witnessed: false };
    const verifier = new ReceiptVerifier(policy);
    assert.throws(() => verifier.verify(late), refusedFor('quorum'));
    const opened = verifier.open(late);
    assert.deepEqual([opened.isWitnessed, opened.cosignatures.length], [false, 1]);
    assert.match(describeReceipt(opened), /unwitnessed/);
  });

  const bad = (change: Partial<Receipt>): Receipt => ({ ...receipt, ...change });
  const forged = without(receipt.checkpoint, 'w1', 'w2') + forgedLine();
  const cases: readonly [string, RefusalReason, Receipt][] = [
    [
      'claim witnesses that have not signed',
      'claim',
      bad({ checkpoint: without(receipt.checkpoint, 'w1') }),
    ],
    ['carry what a witness did not sign', 'cosignature', bad({ checkpoint: forged })],
    ['stand elsewhere in the log', 'inclusion', bad({ leafIndex: receipt.leafIndex + 1 })],
    ['stand outside of the log', 'inclusion', bad({ leafIndex: 1000 })],
    [
      'have another proof',
      'inclusion',
      bad({ inclusionProof: receipt.inclusionProof.toReversed() }),
    ],
    ['have no proof', 'inclusion', bad({ inclusionProof: [] })],
    ['have another body', 'inclusion', bad({ body: must(bodies[4], 'the next') })],
    ['have a body that is none', 'malformed', bad({ body: '{}' })],
    ['have a proof that is none', 'malformed', bad({ inclusionProof: ['x'] })],
    ['have a checkpoint that is none', 'malformed', bad({ checkpoint: 'kura\n' })],
    ['are of a log that the policy does not name', 'log', otherLog()],
    [
      'are not signed by the log',
      'signature',
      bad({ checkpoint: without(receipt.checkpoint, TEST_LOG) }),
    ],
  ];
  for (const [what, reason, wrong] of cases) {
    it(`that ${what} are refused, as ${reason}`, () => {
      assert.throws(() => new ReceiptVerifier(policy).verify(wrong), refusedFor(reason));
    });
  }

  it('a checkpoint that was refused is refused again', () => {
    const verifier = new ReceiptVerifier(policy);
    const wrong = bad({ checkpoint: forged });
    for (let time = 0; time < 2; time++) {
      assert.throws(() => verifier.verify(wrong), refusedFor('cosignature'));
    }
  });

  it('with the key of the log alone, one that claims witnesses is refused', () => {
    const { name: origin, publicKey } = keyOf(TEST_LOG);
    const snapshot = must(receipts[0], 'the snapshot');
    assert.throws(() => verifyReceipt(snapshot, { origin, publicKey }), refusedFor('claim'));
    const plain = { ...snapshot, witnessed: false };
    assert.equal(verifyReceipt(plain, { origin, publicKey }).packCount, 2);
  });
});

function forgedLine(): string {
  const { text } = parseNote(receipt.checkpoint);
  const other = text.replace(/^\d+$/m, '7');
  return ['w1', 'w2'].map((name) => cosign(other, { name, seed: seedOf(name) }, 0)).join('');
}

function otherLog(): Receipt {
  return { ...receipt, checkpoint: receipt.checkpoint.replaceAll(TEST_LOG, 'other.example/log') };
}
