// Goal: node:ffi and plain Node do the same, call by call. Every function of Bulk and Posix runs on
// both; what bulk work writes is compared byte by byte, and what one side puts on disk the other
// reads.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex } from '@kura/base';
import { sampleBytes } from './conformance/bulk.ts';
import { ocbEncrypt } from './conformance/ocb.ts';
import { surveyOf } from './conformance/tools.ts';
import { OCB_128_VECTOR } from './conformance/vectors.ts';
import { nativeConformance } from './conformance.ts';
import { loadNative } from './load.ts';
import { type Bulk, CIPHERS, IV_BYTES, type Native } from './types.ts';

const natives: readonly Native[] = [loadNative('ffi'), loadNative('twin')];
const LENGTHS = [0, 16, 32, 1008, 65_536, 300_000] as const;

nativeConformance(natives);

/** The result of `work` on every implementation; they must not differ. */
function agree(work: (bulk: Bulk) => Uint8Array): void {
  const [first, ...others] = natives.map(({ bulk }) => toHex(work(bulk)));
  for (const other of others) assert.equal(other, first);
}

test('both write the same hashes', () => {
  for (const length of LENGTHS) {
    const input = sampleBytes(length);
    const into = new Uint8Array(32);
    agree(({ sha256 }) => {
      sha256(input, into);
      return into;
    });
    for (const keyLength of [0, 32, 64, 65]) {
      agree(({ hmacSha256 }) => {
        hmacSha256(sampleBytes(keyLength, 9), input, into);
        return into;
      });
    }
  }
});

test('both write the same ciphertext in both directions', () => {
  for (const name of CIPHERS) {
    for (const direction of ['encrypt', 'decrypt'] as const) {
      for (const length of LENGTHS) {
        agree((bulk) => {
          const cipher = bulk.cipher(name, sampleBytes(32, 5), direction);
          const output = sampleBytes(length);
          // Twice under two IVs: nothing of the first call may live on in the context.
          cipher.apply(sampleBytes(IV_BYTES[name], 6), output, output);
          cipher.apply(sampleBytes(IV_BYTES[name], 7), output, output);
          cipher.free();
          return output;
        });
      }
    }
  }
});

test('what one seals with GCM, the other opens', () => {
  for (const length of LENGTHS) {
    for (const [sealer, opener] of [natives, [...natives].reverse()]) {
      assert.ok(sealer !== undefined && opener !== undefined);
      const [sealing, opening] = [
        sealer.bulk.gcm(sampleBytes(32)),
        opener.bulk.gcm(sampleBytes(32)),
      ];
      const buffer = sampleBytes(length + 16, 4);
      sealing.seal(sampleBytes(12), sampleBytes(20), buffer);
      assert.equal(opening.open(sampleBytes(12), sampleBytes(20), buffer), true);
      assert.deepEqual(buffer.subarray(0, length), sampleBytes(length + 16, 4).subarray(0, length));
      sealing.free();
      opening.free();
    }
  }
});

test('both write the same zstd frames', () => {
  for (const level of [1, 3, 9]) {
    for (const length of [...LENGTHS, 1_100_000]) {
      const input = sampleBytes(length).map((byte, index) => (index % 3 === 0 ? byte : byte & 3));
      agree(({ compress }) => {
        const output = new Uint8Array(length + (length >> 8) + 1024);
        return output.subarray(0, compress(input, output, level));
      });
    }
  }
});

test('both see the same files', () => {
  for (const folder of ['/etc', '/usr/bin', import.meta.dirname]) {
    const [first, second] = natives.map(({ posix }) => surveyOf(posix, folder));
    assert.ok(first !== undefined && first.length > 100);
    assert.equal(second, first);
  }
});

test('the OCB written for these tests gives the answer of RFC 7253', () => {
  const { key, nonce, plain, sealed } = OCB_128_VECTOR;
  const options = { key: fromHex(key), nonce: fromHex(nonce), plain: fromHex(plain) };
  assert.equal(toHex(ocbEncrypt(options)), sealed);
});
