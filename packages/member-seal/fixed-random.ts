// Reproducible bytes for vectors and tests of the seals: SHA-256 of a name and a counter. Never for
// real keys: who knows the name knows everything.
import { hash } from 'node:crypto';
import type { Random } from '@kura/base';

export function fixedRandom(name: string): Random {
  let counter = 0;
  const block = (): Buffer => hash('sha256', `${name}/${counter++}`, 'buffer');
  const bytes = (count: number): Uint8Array => {
    const out = new Uint8Array(count);
    for (let at = 0; at < count; at += 32) out.set(block().subarray(0, count - at), at);
    return out;
  };
  return { bytes, below: (limit) => block().readUIntLE(0, 6) % limit };
}
