import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KuraError, packId, toHex } from '@kura/base';
import { ENVELOPE_BYTES } from '@kura/member-seal';
import fc from 'fast-check';
import { decodeHeader, encodeHeader, type PackHeader } from './header.ts';
import { HEADER_BYTES } from './pack-layout.ts';

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

const headers: fc.Arbitrary<PackHeader> = fc.record(
  {
    epoch: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    packId: bytes(32).map((id) => packId(toHex(id))),
    envelope: bytes(ENVELOPE_BYTES),
    commitment: bytes(32),
  },
  { noNullPrototype: true },
);

function encoded(header: PackHeader): Uint8Array {
  const into = new Uint8Array(HEADER_BYTES).fill(0xff);
  encodeHeader(header, into);
  return into;
}

const SAMPLE: PackHeader = {
  epoch: 7,
  packId: packId('ab'.repeat(32)),
  envelope: new Uint8Array(ENVELOPE_BYTES).fill(2),
  commitment: new Uint8Array(32).fill(3),
};

test('any header is read as it was written, and touches nothing behind it', () => {
  fc.assert(
    fc.property(headers, (header) => {
      const leaf = new Uint8Array(HEADER_BYTES + 4).fill(0xcc);
      encodeHeader(header, leaf);
      assert.deepEqual(leaf.subarray(HEADER_BYTES), new Uint8Array(4).fill(0xcc));
      assert.deepEqual(decodeHeader(leaf), header);
    }),
    { numRuns: 50 },
  );
});

test('fields lie where the format says', () => {
  const header = encoded(SAMPLE);
  assert.equal(Buffer.from(header.subarray(0, 8)).toString(), 'kurapack');
  assert.deepEqual([...header.subarray(8, 16)], [1, 0, 0, 0, 7, 0, 0, 0]);
  assert.ok(header.subarray(16, 48).every((byte) => byte === 0xab));
  assert.ok(header.subarray(48, 1168).every((byte) => byte === 2));
  assert.ok(header.subarray(1168, 1200).every((byte) => byte === 3));
  assert.ok(header.subarray(1200).every((byte) => byte === 0));
});

test('magic, reserved fields and short headers are corrupt; a newer version is unsupported', () => {
  for (const at of [0, 7, 10, 11, 1200, 1279]) {
    const header = encoded(SAMPLE);
    header[at] = (header[at] ?? 0) ^ 0x80;
    assert.throws(() => decodeHeader(header), { code: 'corrupt' }, `byte ${at}`);
  }
  const old = encoded(SAMPLE);
  old[8] = 0;
  assert.throws(() => decodeHeader(old), { code: 'corrupt' });
  const newer = encoded(SAMPLE);
  newer[8] = 2;
  assert.throws(() => decodeHeader(newer), { code: 'unsupported' });
  for (const length of [0, 8, 47, 1279]) {
    assert.throws(() => decodeHeader(encoded(SAMPLE).subarray(0, length)), { code: 'corrupt' });
  }
});

test('R38: whatever stands in a header, the answer is a header or a typed error', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: HEADER_BYTES - 1 }), fc.nat(255), (at, value) => {
      const header = encoded(SAMPLE);
      header[at] = value;
      try {
        assert.deepEqual(encoded(decodeHeader(header)), header);
      } catch (error) {
        assert.ok(error instanceof KuraError);
      }
    }),
    { numRuns: 500 },
  );
});
