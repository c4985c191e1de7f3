import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CopyId, type KuraError, storeId } from '@kura/base';
import {
  ed25519PublicKey,
  type StoreAcknowledgement,
  signAcknowledgement,
  verifyAcknowledgement,
} from './acknowledgement.ts';
import { signWarrant, verifyWarrant } from './warrant.ts';
import {
  type DestroyPackWarrant,
  decodeWarrant,
  encodeWarrant,
  type RetireCopyWarrant,
  type Warrant,
} from './warrant-form.ts';

const seed = new Uint8Array(32).fill(5);
const signerKey = ed25519PublicKey(seed);
const store = storeId('ab'.repeat(16));
const other = storeId('cd'.repeat(16));
const copy = '12'.repeat(32) as CopyId;
const check = { storeId: store, nowMs: 1000, signerKey, storeKeys: new Map([[other, signerKey]]) };

const ack = signAcknowledgement(
  { storeId: other, copyId: copy, leafCount: 4, root: new Uint8Array(32), timeMs: 1000 },
  seed,
);
const destroy = signWarrant<DestroyPackWarrant>(
  { kind: 'destroy-pack', storeId: store, copyIds: [copy, copy], issuedMs: 1, notBeforeMs: 1 },
  seed,
);
const retire = signWarrant<RetireCopyWarrant>(
  {
    kind: 'retire-copy',
    storeId: store,
    copyId: copy,
    issuedMs: 1,
    minimumCopies: 1,
    others: [ack],
  },
  seed,
);

const isRefused = (error: unknown): boolean => (error as KuraError).code === 'refused';

test('what was signed is accepted', () => {
  assert.doesNotThrow(() => verifyAcknowledgement(ack, signerKey));
  assert.doesNotThrow(() => verifyWarrant(destroy, check));
  assert.doesNotThrow(() => verifyWarrant(retire, check));
});

test('numbers that no encoding holds are refused, not thrown on', () => {
  for (const value of [1.5, -1, Number.NaN, 2 ** 60]) {
    const hostile: Warrant[] = [
      { ...destroy, issuedMs: value },
      { ...destroy, notBeforeMs: value },
      { ...retire, minimumCopies: value },
      { ...retire, others: [{ ...ack, timeMs: value }] },
    ];
    for (const warrant of hostile) assert.throws(() => verifyWarrant(warrant, check), isRefused);
    const odd: StoreAcknowledgement[] = [
      { ...ack, timeMs: value },
      { ...ack, leafCount: value },
    ];
    for (const one of odd) assert.throws(() => verifyAcknowledgement(one, signerKey), isRefused);
  }
});

test('a warrant that travelled is the one that was signed', () => {
  for (const warrant of [destroy, retire]) {
    const arrived = decodeWarrant(encodeWarrant(warrant));
    assert.deepEqual(arrived, warrant);
    assert.doesNotThrow(() => verifyWarrant(arrived, check));
  }
});

test('R38: bytes that are no warrant are corrupt, wherever they are cut or changed', () => {
  const isTyped = (error: unknown): boolean => (error as KuraError).code === 'corrupt';
  for (const warrant of [destroy, retire]) {
    const whole = encodeWarrant(warrant);
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => decodeWarrant(whole.subarray(0, length)), isTyped, `${length}`);
    }
    assert.throws(() => decodeWarrant(Buffer.concat([whole, Buffer.alloc(1)])), isTyped);
    for (let at = 0; at < whole.length; at++) {
      const changed = whole.slice();
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      const isObeyed = (): void => verifyWarrant(decodeWarrant(changed), check);
      assert.throws(isObeyed, (error) => isTyped(error) || isRefused(error), `byte ${at}`);
    }
  }
});

test('a signature over two ids does not stand for two ids cut elsewhere', () => {
  const both = destroy.copyIds.join('');
  const copyIds = [both.slice(0, 62), both.slice(62)] as CopyId[];
  assert.throws(() => verifyWarrant({ ...destroy, copyIds }, check), isRefused);
});

test('a warrant of an unknown kind, or with more copies than a check may cost, is refused', () => {
  const unknown = { ...destroy, kind: 'destroy' } as unknown as Warrant;
  assert.throws(() => verifyWarrant(unknown, check), isRefused);
  const many = { ...destroy, copyIds: Array.from({ length: 10_001 }, () => copy) };
  assert.throws(() => verifyWarrant(many, check), isRefused);
});
