// What a card-readable store does for its reader: makes its TLS key once, renews the self-made certificate around it,
// and signs which key it is. The reader has a TLS key and no other.
import { X509Certificate } from 'node:crypto';
import { DAY_MS, type Random } from '@kura/base';
import { newRequest, selfMade } from '@kura/certificates';
import { keyHashOf } from '@kura/certificates/trust.ts';
import { type StoreIdentity, signReaderStatement } from '@kura/contract';
import { decodeTls, encodeTls } from './network-file.ts';
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

/** The statement comes last: a reader that finds one finds what it speaks of. Returns it. */
export async function prepareReader(options: ReaderIdentityOptions): Promise<Uint8Array> {
  const { state, identity, seed, nowMs, random } = options;
  const text = state.readText('readerTls');
  const known = text === undefined ? undefined : decodeTls(text);
  const keyPem = known?.keyPem ?? newRequest(random).keyPem;
  const isGood = known !== undefined && !isOld(known.certificatePem, nowMs);
  const certificatePem = isGood ? known.certificatePem : selfMade(keyPem, nowMs);
  if (!isGood) await state.replace('readerTls', encodeTls({ certificatePem, keyPem }));
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
