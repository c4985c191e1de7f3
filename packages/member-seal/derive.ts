// HKDF-SHA256 (RFC 5869) as every derivation of Kura uses it. Labels begin with "kura/1 "; two uses
// of one secret never share a label.
import { hkdfSync } from 'node:crypto';

export interface Derivation {
  readonly secret: Uint8Array;
  readonly salt?: Uint8Array;
  readonly info: string | Uint8Array;
  readonly bytes: number;
}

const NO_SALT = new Uint8Array(0);

export function derive({ secret, salt = NO_SALT, info, bytes }: Derivation): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, salt, info, bytes));
}
