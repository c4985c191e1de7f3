// The key that signs the log's checkpoints. It follows from the network's secret, so an embedded network
// keeps nothing that the recovery words do not bring back.
import { hkdfSync } from 'node:crypto';
import type { MemberId } from '@kura/base';
import { ed25519PublicKey } from '@kura/log';

const SEED_BYTES = 32;

export interface LogSigner {
  readonly origin: string;
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
}

export function logSigner(networkSecret: Uint8Array, memberId: MemberId): LogSigner {
  const info = 'kura/1 log key';
  const seed = new Uint8Array(hkdfSync('sha256', networkSecret, '', info, SEED_BYTES));
  return { origin: logOrigin(memberId), seed, publicKey: ed25519PublicKey(seed) };
}

export function logOrigin(memberId: MemberId): string {
  return `kura.embedded/${memberId}`;
}
