// What a card-readable store does for its reader: makes its TLS key once, renews the self-made certificate around it,
// and signs which key it is. The reader has a TLS key and no other.
import { X509Certificate } from 'node:crypto';
import { DAY_MS, type Random, utf8 } from '@kura/base';
import { newRequest, selfMade } from '@kura/certificates';
import { keyHashOf } from '@kura/certificates/trust.ts';
import { type StoreIdentity, signReaderStatement } from '@kura/contract';
import type { StateFolder } from './state-folder.ts';

/** A certificate lasts a year; nobody looks at its time, but old software may. */
const RENEW_LEFT_MS = 180 * DAY_MS;

export interface ReaderIdentityOptions {
  readonly state: StateFolder;
  readonly identity: StoreIdentity;
  /** Ed25519 seed of the store. */
  readonly seed: Uint8Array;
  readonly nowMs: number;
  readonly random: Random;
}

/** Key first, statement last: a reader that finds a statement finds what it speaks of. Returns the statement. */
export async function prepareReader(options: ReaderIdentityOptions): Promise<Uint8Array> {
  const { state, identity, seed, nowMs, random } = options;
  let keyPem = state.readText('readerKey');
  if (keyPem === undefined) {
    keyPem = newRequest(random).keyPem;
    await state.replace('readerKey', utf8(keyPem));
  }
  let certificatePem = state.readText('readerCertificate');
  if (certificatePem === undefined || isOld(certificatePem, nowMs)) {
    certificatePem = selfMade(keyPem, nowMs);
    await state.replace('readerCertificate', utf8(certificatePem));
  }
  const keyHash = keyHashOf(new X509Certificate(certificatePem));
  const { storeId, inventoryEpoch } = identity;
  const statement = signReaderStatement({ storeId, inventoryEpoch, keyHash, madeMs: nowMs }, seed);
  await state.replace('readerStatement', statement);
  return statement;
}

function isOld(certificatePem: string, nowMs: number): boolean {
  const until = new X509Certificate(certificatePem).validToDate.getTime();
  return until - nowMs < RENEW_LEFT_MS;
}
