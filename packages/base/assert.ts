// Assertions are for programmer errors: what can only be false when the code is wrong. Whatever the
// world can make false (input, disks, networks) throws a KuraError instead.

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** The compiler proves that `value` cannot exist; if it does at run time, stop. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable case: ${JSON.stringify(value)}`);
}

/** `value`, which the surrounding code has made sure is there. */
export function must<T>(value: T | undefined | null, message: string): T {
  assert(value !== undefined && value !== null, message);
  return value;
}

export class AssertionError extends Error {
  constructor(message: string) {
    super(`assertion failed: ${message}`);
    this.name = 'AssertionError';
  }
}
