// The outer ciphers a store's copies may be under. Each is length-preserving and has no tag: the
// Merkle root over the outer bytes protects them. A suite says how a leaf's number becomes an IV;
// the bytes are in docs/design/format.md, section Copy, and must never change under a name.
import { KuraError } from '@kura/base';
import { CIPHERS, type CipherName } from '@kura/native';

export type SuiteName = CipherName;

/** In order of preference; copies of one pack are under different suites while stores allow it. */
export const SUITES: readonly SuiteName[] = CIPHERS;

export function isSuite(name: string): name is SuiteName {
  return (SUITES as readonly string[]).includes(name);
}

/** Throws `unsupported` for a name that this version does not know. */
export function suiteOf(name: string): SuiteName {
  if (isSuite(name)) return name;
  throw new KuraError('unsupported', `"${name.slice(0, 40)}" is no cipher suite of this version`, {
    guidance: `Known suites: ${SUITES.join(', ')}.`,
  });
}

const BLOCK_BYTES = 16;

export interface IvRule {
  readonly ivBytes: 12 | 16;
  /** The IV of leaf n continues where leaf n − 1 ended: a run of leaves is one call. */
  readonly isContinuous: boolean;
  /** Writes the part that depends on the leaf; `iv` is zero where no rule ever writes. */
  write(iv: DataView, leaf: number, leafBytes: number): void;
}

const counterMode: IvRule = {
  ivBytes: 16,
  isContinuous: true,
  write: (iv, leaf, leafBytes) =>
    iv.setBigUint64(8, BigInt((leaf * leafBytes) / BLOCK_BYTES), false),
};

export const IV_RULES: Readonly<Record<SuiteName, IvRule>> = {
  'aes-256-ctr': counterMode,
  'camellia-256-ctr': counterMode,
  // The first four bytes are the block counter, which starts at 0 in every leaf.
  chacha20: {
    ivBytes: 16,
    isContinuous: false,
    write: (iv, leaf) => iv.setUint32(4, leaf, true),
  },
  'aes-256-ocb': {
    ivBytes: 12,
    isContinuous: false,
    write: (iv, leaf) => iv.setUint32(0, leaf, true),
  },
};
