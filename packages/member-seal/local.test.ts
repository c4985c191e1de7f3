import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@kura/base';
import fc from 'fast-check';
import { fixedRandom } from './fixed-random.ts';
import { LOCAL_OVERHEAD_BYTES, openLocal, sealLocal } from './local.ts';

const random = fixedRandom('local records');
const localKey = random.bytes(32);
const purpose = 'index';

function failure(sealed: Uint8Array, options: { key?: Uint8Array; purpose?: string } = {}): string {
  try {
    openLocal({
      localKey: options.key ?? localKey,
      purpose: options.purpose ?? purpose,
      sealed,
    });
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error);
    return `${String(error.code)}: ${error.message}`;
  }
  return assert.fail('the record opened');
}

test('any record opens as what was sealed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
      const sealed = sealLocal({ localKey, purpose, bytes, random });
      assert.equal(sealed.length, bytes.length + LOCAL_OVERHEAD_BYTES);
      assert.deepEqual(openLocal({ localKey, purpose, sealed }), bytes);
    }),
  );
});

test('R7: the same record sealed twice has nothing in common', () => {
  const bytes = utf8('the same record');
  const [first, second] = [0, 1].map(() => sealLocal({ localKey, purpose, bytes, random }));
  assert.notDeepEqual(first?.subarray(1, 25), second?.subarray(1, 25));
  assert.notDeepEqual(first?.subarray(25), second?.subarray(25));
});

test('R8: every flipped bit, cut, other purpose and other key gives the same error', () => {
  const sealed = sealLocal({ localKey, purpose, bytes: utf8('record'), random });
  const messages = new Set<string>();
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = sealed.slice();
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    messages.add(failure(changed));
  }
  for (let length = 0; length < sealed.length; length++) {
    messages.add(failure(sealed.subarray(0, length)));
  }
  messages.add(failure(sealed, { key: random.bytes(32) }));
  assert.deepEqual(
    [...messages],
    ["corrupt: a local record (index) is damaged or not this member's"],
  );
  assert.match(failure(sealed, { purpose: 'cache' }), /^corrupt: a local record \(cache\)/);
});
