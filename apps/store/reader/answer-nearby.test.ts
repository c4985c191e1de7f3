// Goal: a reader that listens nearby tells where it is to who knows the name of a copy on its shelf, and sends as much
// to everybody else (D14, docs/design/finding.md). A real shelf, and real datagrams on loopback.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemAlarmClock as clock, must, SECOND_MS, SMALL_SHAPE } from '@kura/base';
import { ANSWER_BYTES, decodeAnswer, encodeQuestion } from '@kura/contract/nearby.ts';
import { loadNative } from '@kura/native';
import { MemoryDisk, packBytes, Surroundings, sendCopy } from '@kura/testing';
import { askNearby, listenNearby } from '@kura/wire/nearby/multicast.ts';
import { FOLDER, foundTestShelf, openTestShelf } from '../test-shelf.ts';
import { answerNearby } from './answer-nearby.ts';
import { openShelfForReading } from './open-shelf.ts';

const HOST = '127.0.0.1';
const ADDRESS = '192.168.1.20:7445';
/** Only a lost datagram would be waited for so long. */
const PATIENCE_MS = 600 * SECOND_MS;

async function shelfWithACopy() {
  const around = new Surroundings(5);
  const { random } = around;
  const disk = new MemoryDisk({ clock: around.clock });
  await foundTestShelf(disk, around);
  const id = around.newCopyId();
  const bytes = random.bytes(packBytes(SMALL_SHAPE, 1));
  await sendCopy(openTestShelf(disk, around), { id, member: around.alice.member, bytes });
  const native = loadNative();
  const shelf = openShelfForReading({ disk, folder: FOLDER, native, random, clock: around.clock });
  return { shelf, id, random, other: around.newCopyId() };
}

test('D14: over the network, the name of a copy leads to its store, and another name to nothing', async (t) => {
  const { shelf, id, other, random } = await shelfWithACopy();
  const names = must(shelf.namesFrom, 'a folder lists its names').bind(shelf);
  const { storeId } = shelf.identity;
  const listener = await listenNearby({
    ...{ address: HOST, port: 0, clock },
    answer: async (question) =>
      answerNearby(question, { storeId, names }, { address: ADDRESS, random }),
    onFailure: (error) => assert.fail(String(error)),
  });
  t.after(() => listener.close());
  const ask = async (question: Uint8Array): Promise<Uint8Array> => {
    let answer: Uint8Array | undefined;
    await askNearby({
      ...{ addresses: [HOST], port: listener.port, clock, waitMs: PATIENCE_MS },
      questions: [question],
      onAnswer: (bytes) => {
        answer = bytes;
        return true;
      },
    });
    return must(answer, 'an answer came');
  };
  const known = encodeQuestion([other, id], random);
  const told = decodeAnswer(await ask(known), known, [other, id]);
  assert.deepEqual(told, { storeId, address: ADDRESS, held: [id] });
  const strange = encodeQuestion([other], random);
  const nothing = await ask(strange);
  assert.equal(nothing.length, ANSWER_BYTES);
  assert.equal(decodeAnswer(nothing, strange, [other]), undefined);
});

test('a datagram of another form gets no answer, and a shelf lists only names that begin so', async () => {
  const { shelf, id, other, random } = await shelfWithACopy();
  const names = must(shelf.namesFrom, 'a folder lists its names').bind(shelf);
  const { storeId } = shelf.identity;
  const shown = { address: ADDRESS, random };
  assert.equal(answerNearby(random.bytes(168), { storeId, names }, shown), undefined);
  assert.deepEqual(names(id.slice(0, 4)), [id]);
  assert.deepEqual(names(other.slice(0, 4)), []);
});
