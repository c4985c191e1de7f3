// Puts the outer cipher of one copy on leaves, and takes it off. Every leaf stands by itself: any
// leaf, in any order, without the others. Deterministic, so that a repaired copy is the same
// bytes. It protects nothing against change; readers check leaves against the root before they
// decrypt.
import { assert, type CopyId } from '@kura/base';
import type { Bulk } from '@kura/native';
import { streamKeyOf } from './keys.ts';
import { IV_RULES, type SuiteName } from './suites.ts';

export interface CopyCipherOptions {
  readonly bulk: Bulk;
  readonly suite: SuiteName;
  readonly copyKey: Uint8Array;
  readonly copyId: CopyId;
  readonly leafBytes: number;
  readonly direction: 'encrypt' | 'decrypt';
}

export interface CopyCipher {
  /** Whole leaves, the first of them number `firstLeaf` of the copy; `output` may be `input`. */
  apply(firstLeaf: number, input: Uint8Array, output: Uint8Array): void;
  /** Wipes the key; no call may follow. */
  free(): void;
}

export function openCopyCipher(options: CopyCipherOptions): CopyCipher {
  const { bulk, suite, leafBytes } = options;
  assert(leafBytes > 0 && leafBytes % 16 === 0, 'a leaf is whole cipher blocks');
  const key = streamKeyOf(options.copyKey, options.copyId, suite);
  const cipher = bulk.cipher(suite, key, options.direction);
  key.fill(0);
  const rule = IV_RULES[suite];
  const iv = new Uint8Array(rule.ivBytes);
  const ivView = new DataView(iv.buffer);
  return {
    apply(firstLeaf, input, output) {
      assert(input.length % leafBytes === 0, 'an outer cipher works on whole leaves');
      assert(output.length === input.length, 'an outer cipher keeps the length');
      const stepBytes = rule.isContinuous ? Math.max(input.length, leafBytes) : leafBytes;
      for (let at = 0; at < input.length; at += stepBytes) {
        rule.write(ivView, firstLeaf + at / leafBytes, leafBytes);
        cipher.apply(iv, input.subarray(at, at + stepBytes), output.subarray(at, at + stepBytes));
      }
    },
    free: () => cipher.free(),
  };
}
