// The key that signs the log's checkpoints. It follows from the network's secret, so an embedded network
// keeps nothing that the recovery words do not bring back.
import { hkdfSync } from 'node:crypto';
import type { MemberId } from '@kura/base';
import { ed25519PublicKey } from '@kura/log';
import type { NetworkKind } from '../db/tables.ts';

const SEED_BYTES = 32;
const ORIGINS: Readonly<Record<NetworkKind, string>> = {
  embedded: 'kura.embedded',
  service: 'kura.network',
};

export interface LogSigner {
  readonly origin: string;
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
}

export function logSigner(networkSecret: Uint8Array, origin: string): LogSigner {
  const info = 'kura/1 log key';
  const seed = new Uint8Array(hkdfSync('sha256', networkSecret, '', info, SEED_BYTES));
  return { origin, seed, publicKey: ed25519PublicKey(seed) };
}

/** `id`: of an embedded network its one member, of a service its own. */
export function logOrigin(id: MemberId, kind: NetworkKind = 'embedded'): string {
  return `${ORIGINS[kind]}/${id}`;
}
