// Goal: on a local network a store is found by who knows the name of a copy that it holds, and nobody else learns
// anything from questions or answers, nor is anybody made to send more than was asked (D14, docs/design/finding.md).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyId, must, type StoreId } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import {
  ANSWER_BYTES,
  decodeAnswer,
  decodeQuestion,
  encodeAnswer,
  encodeQuestion,
  isAskedFor,
  QUESTION_BYTES,
} from './nearby.ts';

const random = new SeededRandom(1);
const STORE = 'ab'.repeat(16) as StoreId;
const [first, second, other] = ['11', '22', '33'].map((byte) => copyId(byte.repeat(32)));
const ADDRESS = '192.168.1.20:7445';

function asked(...copies: Parameters<typeof encodeQuestion>[0]) {
  const bytes = encodeQuestion(copies, random);
  return { bytes, question: must(decodeQuestion(bytes), 'a question') };
}

test('D14: who knows the name of a copy learns where it is; of several, which of them', () => {
  assert.ok(first !== undefined && second !== undefined && other !== undefined);
  const copies = [other, first, second];
  const { bytes, question } = asked(...copies);
  assert.ok(isAskedFor(question, 1, first) && !isAskedFor(question, 0, first));
  const held = new Map([
    [1, first],
    [2, second],
  ]);
  const answer = encodeAnswer(question, { storeId: STORE, address: ADDRESS, held }, random);
  const found = decodeAnswer(answer, bytes, copies);
  assert.deepEqual(found, { storeId: STORE, address: ADDRESS, held: [first, second] });
});

test('R34: an answer tells a stranger nothing: not even whether something is held', () => {
  assert.ok(first !== undefined && other !== undefined);
  const { bytes, question } = asked(first);
  const holding = { storeId: STORE, address: ADDRESS };
  const yes = encodeAnswer(question, { ...holding, held: new Map([[0, first]]) }, random);
  const no = encodeAnswer(question, { ...holding, held: new Map() }, random);
  assert.equal(yes.length, no.length);
  const head = 24;
  assert.equal(Buffer.compare(yes.subarray(0, head), no.subarray(0, head)), 0);
  assert.equal(decodeAnswer(yes, bytes, [other]), undefined);
  assert.equal(decodeAnswer(no, bytes, [first]), undefined);
  assert.ok(
    !Buffer.from(yes).includes(ADDRESS) && !Buffer.from(bytes).includes(Buffer.from(first, 'hex')),
  );
});

test('questions for one and for eight look alike, and an answer is smaller than its question', () => {
  assert.ok(first !== undefined);
  const eight = Array.from({ length: 8 }, () =>
    copyId(Buffer.from(random.bytes(32)).toString('hex')),
  );
  assert.equal(encodeQuestion([first], random).length, encodeQuestion(eight, random).length);
  assert.ok(ANSWER_BYTES < QUESTION_BYTES);
});

test('an answer to another question, a changed one, and what is no datagram of ours is nothing', () => {
  assert.ok(first !== undefined);
  const { bytes, question } = asked(first);
  const holding = { storeId: STORE, address: ADDRESS, held: new Map([[0, first]]) };
  const answer = encodeAnswer(question, holding, random);
  assert.equal(decodeAnswer(answer, asked(first).bytes, [first]), undefined);
  for (let at = 0; at < answer.length; at++) {
    const changed = answer.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(decodeAnswer(changed, bytes, [first]), undefined, `byte ${at}`);
  }
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(decodeQuestion(bytes.subarray(0, length)), undefined);
  }
  assert.equal(decodeQuestion(Buffer.concat([bytes, Buffer.alloc(1)])), undefined);
  assert.equal(decodeQuestion(Buffer.alloc(QUESTION_BYTES)), undefined);
});
