// Custody events: what a member can prove of what happened after the receipt, and what the log's owner cannot
// leave out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex } from '@kura/base';
import { transact } from '@kura/database';
import { hashEntry, MerkleTree, openCheckpoint, receiptLeaf } from '@kura/log';
import { parseEvent } from '@kura/log/events.ts';
import { foundTestNetwork, NETWORK_SECRET, type TestNetwork } from '../fixtures.ts';
import { appendEvent, logDueEvents, type NewEvent, noteEvent, readEvents } from './log-events.ts';
import { logSigner } from './log-key.ts';

const HASH = 'ab'.repeat(32);
const settled: NewEvent = { event: 'settled', subject: { statement: HASH }, about: 'November' };
const newCard: NewEvent = {
  event: 'key-changed',
  subject: { what: 'card', which: 'cd'.repeat(16), newKeyHash: HASH },
  about: 'card',
};

function tools({ coordinator, random, clock }: TestNetwork) {
  const signer = logSigner(NETWORK_SECRET, coordinator.charter.log.origin);
  return { random, nowMs: clock.nowMs(), signer };
}

test('every event is a leaf of the signed log, and names the one before', async () => {
  const network = await foundTestNetwork();
  const { coordinator, database } = network;
  const { memberId, log } = coordinator.charter;
  for (const event of [settled, newCard, settled]) {
    await transact(database, (rows) => appendEvent({ rows, memberId }, event, tools(network)));
  }
  const of = { rows: database.kysely, memberId };
  const events = await readEvents(of, { after: 0, limit: 10 });
  const { entryHashes, checkpoint } = await coordinator.log();
  const signed = openCheckpoint(checkpoint ?? '', log);
  assert.deepEqual(MerkleTree.fromEntryHashes(entryHashes).head(), signed.head);
  assert.equal(signed.size, 3);
  let previous: string | null = null;
  for (const [index, { number, body, leaf_index: leaf }] of events.entries()) {
    assert.deepEqual([number, leaf], [index + 1, index]);
    const event = parseEvent(body);
    assert.equal(event.previous, previous);
    const entryHash = hashEntry(receiptLeaf(body, fromHex(event.salt)));
    assert.equal(toHex(entryHashes.subarray(index * 32, index * 32 + 32)), toHex(entryHash));
    previous = toHex(entryHash);
  }
  assert.deepEqual(
    events.map(({ event }) => event),
    ['settled', 'key-changed', 'settled'],
  );
  assert.equal((await readEvents(of, { after: 2, limit: 10 })).length, 1);
});

test('what is noted without the log key gets its leaf later, in the order of the chain', async () => {
  const network = await foundTestNetwork();
  const { coordinator, database } = network;
  const { memberId } = coordinator.charter;
  const { signer, ...noting } = tools(network);
  await transact(database, (rows) => noteEvent({ rows, memberId }, settled, noting));
  const later = { ...noting, nowMs: noting.nowMs - 1000 };
  await transact(database, (rows) => noteEvent({ rows, memberId }, newCard, later));
  const of = { rows: database.kysely, memberId };
  const waiting = await readEvents(of, { after: 0, limit: 10 });
  assert.deepEqual(
    waiting.map((event) => event.leaf_index),
    [null, null],
  );
  const last = await transact(database, (rows) =>
    appendEvent({ rows, memberId }, settled, { ...noting, signer }),
  );
  assert.deepEqual([last.number, last.leafIndex], [3, 2]);
  const logged = await readEvents(of, { after: 0, limit: 10 });
  assert.deepEqual(
    logged.map(({ number, leaf_index: leaf, log_origin: origin }) => [number, leaf, origin]),
    [1, 2, 3].map((number) => [number, number - 1, signer.origin]),
  );
  assert.equal(await transact(database, (rows) => logDueEvents(rows, signer)), 0);
});

test('an event is there if and only if the rows that it tells of are', async () => {
  const network = await foundTestNetwork();
  const { coordinator, database } = network;
  const { memberId } = coordinator.charter;
  const failing = transact(database, async (rows) => {
    await appendEvent({ rows, memberId }, settled, tools(network));
    throw new Error('power cut');
  });
  await assert.rejects(failing, /power cut/);
  const of = { rows: database.kysely, memberId };
  assert.equal((await readEvents(of, { after: 0, limit: 10 })).length, 0);
  assert.equal((await coordinator.log()).size, 0);
});
