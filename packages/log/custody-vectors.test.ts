// Goal: bytes of today stay bytes of tomorrow. Leaves and receipts as they were once written, and forged ones,
// each with the reason for which both verifiers refuse it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { toHex } from '@kura/base';
import {
  headOfRecord,
  nameOfRecord,
  parseCustodyRecord,
  recordEntryHash,
} from './custody-record.ts';
import { EVENT_NAMES, formatEvent, parseEvent } from './events.ts';
import { parsePolicy } from './policy-text.ts';
import { parseReceiptLine, type ReceiptLine } from './receipt-file.ts';
import { ReceiptVerifier } from './receipt-verifier.ts';
import { formatReceiptBody, parseReceiptBody } from './receipts.ts';
import { refusalReason } from './refusal.ts';
import { checkReceipts } from './verifier/kura-receipts.mjs';

interface Vectors {
  readonly policy: string;
  readonly leaves: readonly { readonly body: string; readonly entryHash: string }[];
  readonly receipts: readonly ReceiptLine[];
  readonly invalid: readonly { readonly reason: string; readonly receipt: ReceiptLine }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/log/custody.json', import.meta.url), 'utf8'),
) as Vectors;

describe('leaves and receipts that were written once', () => {
  it('every kind is among them', () => {
    const names = vectors.leaves.map(({ body }) => nameOfRecord(parseCustodyRecord(body)));
    assert.deepEqual(names, ['accepted', ...EVENT_NAMES]);
  });

  for (const { body, entryHash } of vectors.leaves) {
    const record = parseCustodyRecord(body);
    it(`${nameOfRecord(record)} of ${headOfRecord(record).timeMs}: the same text, the same leaf`, () => {
      const isSnapshot = record.kind === 'snapshot';
      const again = isSnapshot
        ? formatReceiptBody(parseReceiptBody(body))
        : formatEvent(parseEvent(body));
      assert.equal(again, body);
      assert.equal(toHex(recordEntryHash(body, record)), entryHash);
    });
  }

  it('all verify under their policy, with both verifiers', () => {
    const verifier = new ReceiptVerifier(parsePolicy(vectors.policy));
    const lines = vectors.receipts.map((receipt) => JSON.stringify(receipt));
    for (const line of lines)
      assert.equal(verifier.verify(parseReceiptLine(line)).isWitnessed, true);
    const said: string[] = [];
    assert.equal(
      checkReceipts(vectors.policy, lines, (line) => said.push(line)),
      true,
      said.join('\n'),
    );
  });

  for (const [at, { reason, receipt }] of vectors.invalid.entries()) {
    it(`forged receipt ${at + 1} is refused by both, as ${reason}`, () => {
      const line = JSON.stringify(receipt);
      const verifier = new ReceiptVerifier(parsePolicy(vectors.policy));
      assert.throws(
        () => verifier.verify(parseReceiptLine(line)),
        (error) => refusalReason(error) === reason,
      );
      const said: string[] = [];
      assert.equal(
        checkReceipts(vectors.policy, [line], (one) => said.push(one)),
        false,
      );
      assert.match(said[0] ?? '', new RegExp(`^REFUSED 1: ${reason}: `));
    });
  }
});
