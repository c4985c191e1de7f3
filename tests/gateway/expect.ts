// What tests of the gateway say again and again: bytes are the same, an error has this code, a call fails.
import assert from 'node:assert/strict';
import { type ErrorCode, equalBytes, KuraError } from '@kura/base';

/** Without the difference in words, which takes minutes and gigabytes for large arrays. */
export function assertSame(actual: Uint8Array, expected: Uint8Array): void {
  assert.ok(equalBytes(actual, expected), 'the bytes differ');
}

export function isCode(code: ErrorCode, pattern = /./): (error: unknown) => boolean {
  return (error) =>
    error instanceof KuraError && error.code === code && pattern.test(error.message);
}

/** A call that throws so many times, and then no more. */
export function fault(code: ErrorCode, times = Number.POSITIVE_INFINITY): () => undefined {
  let left = times;
  return () => {
    if (left-- > 0) throw new KuraError(code, `the test says ${code}`);
    return undefined;
  };
}
