// D13: an order to prune and a confirmation of a removal stand for just what was signed, by whom it should be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KuraError, memberId, sessionId, storeId } from '@kura/base';
import { ed25519PublicKey } from './acknowledgement.ts';
import { checkPruneOrder, PRUNE_ORDER_BYTES, signPruneOrder } from './prune-order.ts';
import {
  hashWarrant,
  openRemovalConfirmation,
  REMOVAL_CONFIRMATION_BYTES,
  signRemovalConfirmation,
} from './removal-confirmation.ts';

const SEED = new Uint8Array(32).fill(3);
const KEY = ed25519PublicKey(SEED);
const OTHER_KEY = ed25519PublicKey(new Uint8Array(32).fill(4));
const isRefused = (error: unknown): boolean =>
  error instanceof KuraError && error.code === 'refused';

/** With each byte changed in turn. */
function* changed(bytes: Uint8Array): Generator<Uint8Array> {
  for (const [at, byte] of bytes.entries()) yield bytes.with(at, byte ^ 1);
}

test('D13: an order to prune is of one member and one session', () => {
  const order = { memberId: memberId('ab'.repeat(16)), sessionId: sessionId('cd'.repeat(16)) };
  const signed = signPruneOrder(order, SEED);
  assert.equal(signed.length, PRUNE_ORDER_BYTES);
  checkPruneOrder(signed, order, KEY);
  const other = { ...order, sessionId: sessionId('ce'.repeat(16)) };
  assert.throws(() => checkPruneOrder(signed, other, KEY), isRefused);
  const stranger = { ...order, memberId: memberId('ac'.repeat(16)) };
  assert.throws(() => checkPruneOrder(signed, stranger, KEY), isRefused);
  assert.throws(() => checkPruneOrder(signed, order, OTHER_KEY), isRefused);
  for (const bad of changed(signed)) {
    assert.throws(() => checkPruneOrder(bad, order, KEY), isRefused);
  }
});

test('D13: a store confirms one warrant, under its own key', () => {
  const store = storeId('ef'.repeat(16));
  const encodedWarrant = new Uint8Array(200).fill(9);
  const about = { storeId: store, copies: 7, timeMs: 1234 };
  const signed = signRemovalConfirmation(
    { ...about, warrantHash: hashWarrant(encodedWarrant) },
    SEED,
  );
  const check = { storeId: store, storeKey: KEY, encodedWarrant };
  assert.equal(signed.length, REMOVAL_CONFIRMATION_BYTES);
  const opened = openRemovalConfirmation(signed, check);
  assert.deepEqual([opened.copies, opened.timeMs], [7, 1234]);
  for (const wrong of [
    { ...check, storeId: storeId('ee'.repeat(16)) },
    { ...check, storeKey: OTHER_KEY },
    { ...check, encodedWarrant: encodedWarrant.with(0, 1) },
  ]) {
    assert.throws(() => openRemovalConfirmation(signed, wrong), isRefused);
  }
  for (const bad of changed(signed)) {
    assert.throws(() => openRemovalConfirmation(bad, check), isRefused);
  }
});
