// Goal: whoever is turned away for their certificate is counted, nobody else is, and a flood of them costs no memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KuraError, storeId } from '@kura/base';
import { refusal } from '@kura/certificates';
import type { Caller } from '@kura/wire/server/caller.ts';
import { DoorBook, MAX_KNOCKS, OTHERS } from './door-book.ts';

const STORE = storeId('5a'.repeat(16));
const FALSE = refusal('self-made', 'nobody vouches for it');

function stranger(address: string, given: Partial<Extract<Caller, { kind: 'self-made' }>> = {}) {
  return {
    kind: 'self-made',
    address,
    keyHash: new Uint8Array(32),
    refusal: FALSE,
    ...given,
  } as const;
}

test('A15: a false certificate counts by address and by the name in it; other refusals do not', () => {
  let now = 1;
  const reasons: string[] = [];
  const book = new DoorBook({ nowMs: () => now, onKnock: (reason) => reasons.push(reason) });
  const claims = { role: 'store', network: 'ee'.repeat(16), store: STORE } as const;
  book.see({ caller: stranger('10.0.0.1', { claims }), error: FALSE });
  now = 5;
  book.see({ caller: stranger('10.0.0.1', { claims }), error: FALSE });
  book.see({ caller: stranger('10.0.0.2'), error: FALSE });
  const name = { ...claims } as const;
  const store = {
    kind: 'certified',
    address: '10.0.0.3',
    keyHash: new Uint8Array(32),
    serial: 'aa',
    name,
  } as const;
  book.see({ caller: store, error: refusal('wrong role', 'a store may not ask this') });
  // Of a card whose grant is wrong, of a full store, of a stranger without any certificate, of nothing.
  book.see({ caller: stranger('10.0.0.4'), error: refusal('self-made', 'another one') });
  book.see({
    caller: store,
    error: new KuraError('refused', 'no', { context: { reason: 'unpaid' } }),
  });
  book.see({ caller: { kind: 'nobody', address: '10.0.0.5' }, error: FALSE });
  book.see({ caller: stranger('10.0.0.6'), error: undefined });
  assert.deepEqual(book.take(), [
    { address: '10.0.0.1', claimed: STORE, reason: 'self-made', calls: 2, firstMs: 1, lastMs: 5 },
    {
      address: '10.0.0.2',
      claimed: undefined,
      reason: 'self-made',
      calls: 1,
      firstMs: 5,
      lastMs: 5,
    },
    { address: '10.0.0.3', claimed: STORE, reason: 'wrong role', calls: 1, firstMs: 5, lastMs: 5 },
  ]);
  assert.deepEqual(reasons, ['self-made', 'self-made', 'self-made', 'wrong role']);
  assert.deepEqual(book.take(), []);
});

test('A15: a flood from more addresses than are remembered is counted together', () => {
  const book = new DoorBook({ nowMs: () => 1 });
  const FLOOD = 10_000;
  for (let at = 0; at < FLOOD; at++)
    book.see({ caller: stranger(`2001:db8::${at}`), error: FALSE });
  const knocks = book.take();
  assert.equal(knocks.length, MAX_KNOCKS + 1);
  const others = knocks.find(({ address }) => address === OTHERS);
  assert.equal(others?.calls, FLOOD - MAX_KNOCKS);
});
