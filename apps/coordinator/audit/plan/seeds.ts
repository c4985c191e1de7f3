// What every random choice of audits follows from: a secret of the day, which is revealed when the day is over,
// and the log's newest checkpoint when it began. Stores cannot know it before, and whoever audits cannot choose
// it.
import { createHmac, hash, hkdfSync } from 'node:crypto';
import { assert, ByteWriter, concatBytes, equalBytes, utf8 } from '@kura/base';

const KEY_BYTES = 32;
/**
 * Ten years of days; each secret takes as many hashes as days of its chain are left. The next chain is another
 * one.
 */
export const CHAIN_DAYS = 3653;
const SEED_DOMAIN = utf8('kura/1 audit seed\n');

/** `root`: of a service the gateways' secret, of an embedded network its own; 32 bytes. */
export function auditSecretOf(root: Uint8Array): Uint8Array {
  return derive(root, 'kura/1 audits');
}

/** 32 bytes. `secret(d) = SHA-256(secret(d + 1))` within a chain: a day tells nothing about those that follow. */
export function daySecret(auditSecret: Uint8Array, day: number): Uint8Array {
  assert(Number.isInteger(day) && day >= 0, `${day} is no day`);
  const chain = Math.floor(day / CHAIN_DAYS);
  let secret = lastSecret(auditSecret, chain);
  for (let later = CHAIN_DAYS - 1; later > day % CHAIN_DAYS; later--) secret = sha256(secret);
  return secret;
}

/** The secrets of the first days of a chain, by day. */
export function daySecrets(auditSecret: Uint8Array, days: number): readonly Uint8Array[] {
  assert(days <= CHAIN_DAYS, 'more days than a chain has');
  const secrets: Uint8Array[] = [];
  let secret = lastSecret(auditSecret, 0);
  for (let day = CHAIN_DAYS - 1; day >= 0; day--) {
    if (day < days) secrets[day] = secret;
    secret = sha256(secret);
  }
  return secrets;
}

function lastSecret(auditSecret: Uint8Array, chain: number): Uint8Array {
  return keyFrom(auditSecret, 'days', numberBytes(chain));
}

/** 32 bytes. `checkpoint`: the signed note with its cosignatures, as text; empty while the log is. */
export function daySeed(secret: Uint8Array, day: number, checkpoint: string): Uint8Array {
  const mac = createHmac('sha256', secret);
  return new Uint8Array(
    mac.update(concatBytes(SEED_DOMAIN, numberBytes(day), utf8(checkpoint))).digest(),
  );
}

/** True if `secret` is what the day before was a commitment to. */
export function followsFrom(secret: Uint8Array, revealedBefore: Uint8Array): boolean {
  return equalBytes(sha256(secret), revealedBefore);
}

/** A key for one use of a seed: "leaves", and whose. */
export function keyFrom(seed: Uint8Array, use: string, whose: Uint8Array): Uint8Array {
  const message = concatBytes(utf8(`${use}\n`), whose);
  return new Uint8Array(createHmac('sha256', seed).update(message).digest());
}

/** u32, little-endian. */
export function numberBytes(value: number): Uint8Array {
  const writer = new ByteWriter(4, 4);
  writer.u32(value);
  return writer.bytes();
}

function derive(key: Uint8Array, label: string): Uint8Array {
  assert(key.length === KEY_BYTES, 'a secret has 32 bytes');
  return new Uint8Array(hkdfSync('sha256', key, new Uint8Array(0), utf8(label), KEY_BYTES));
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}
