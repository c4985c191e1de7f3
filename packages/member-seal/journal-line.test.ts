import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KuraError, sessionId } from '@kura/base';
import { fixedRandom } from './fixed-random.ts';
import {
  JOURNAL_LINE_BYTES,
  MAX_LINE_TEXT_BYTES,
  openJournalLine,
  sealJournalLine,
} from './journal-line.ts';
import { deriveMemberKeys, newRoot } from './member-keys.ts';

const random = fixedRandom('journal line');
const keys = deriveMemberKeys(newRoot(random));
const others = deriveMemberKeys(newRoot(random));
const session = sessionId('5'.repeat(32));
const isDamaged = (error: unknown) => error instanceof KuraError && error.code === 'corrupt';

test('C12: a line of the journal comes back whole, and is as long as any other', () => {
  for (const text of ['', 'ä 蔵', 'x'.repeat(MAX_LINE_TEXT_BYTES)]) {
    const line = sealJournalLine({ text, session, keys, random });
    assert.equal(line.length, JOURNAL_LINE_BYTES);
    assert.equal(openJournalLine(line, { session, keys }), text);
  }
});

test('C12: it opens for its member and for its session alone, and not changed anywhere', () => {
  const line = sealJournalLine({ text: '/home/ann', session, keys, random });
  assert.equal(Buffer.from(line).includes('/home/ann'), false);
  assert.throws(() => openJournalLine(line, { session, keys: others }), isDamaged);
  const another = sessionId('6'.repeat(32));
  assert.throws(() => openJournalLine(line, { session: another, keys }), isDamaged);
  for (const at of [0, 1, 5, 40, 1124, 1125, 1500, line.length - 1]) {
    const changed = Uint8Array.from(line);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => openJournalLine(changed, { session, keys }), isDamaged, String(at));
  }
  assert.throws(() => openJournalLine(line.subarray(1), { session, keys }), isDamaged);
});
