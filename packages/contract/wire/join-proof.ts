// What an owner signs to join a network, and what a login's session key vouches for: a domain line and the
// SHA-256 of the statement as canonical JSON, so that nobody on the way can exchange a key in it.
import { createHash, createHmac } from 'node:crypto';
import { concatBytes, utf8 } from '@kura/base';
import { canonicalJson, type JsonValue } from '@kura/log';
import {
  type JoinStatement,
  joinStatement,
  type LoginStatement,
  loginStatement,
} from './endpoints/account.ts';

const JOIN_DOMAIN = utf8('kura/1 join\n');
const LOGIN_DOMAIN = utf8('kura/1 login\n');

/** Numbers of a statement are fractions (a home's place), which canonical JSON has not: they are written as text. */
function asCanonical(json: unknown): JsonValue {
  if (typeof json === 'number') return String(json);
  if (Array.isArray(json)) return json.map(asCanonical);
  if (typeof json !== 'object' || json === null) return json as JsonValue;
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [name, asCanonical(value)]),
  );
}

const digest = (json: unknown): Uint8Array =>
  new Uint8Array(
    createHash('sha256')
      .update(canonicalJson(asCanonical(json)))
      .digest(),
  );

/** Ed25519 of the owner goes over this. */
export function joinMessage(statement: JoinStatement): Uint8Array {
  return concatBytes(JOIN_DOMAIN, digest(joinStatement.write(statement)));
}

/** HMAC-SHA256 under the session key of the login, 32 bytes. */
export function loginMac(statement: LoginStatement, sessionKey: Uint8Array): Uint8Array {
  const message = concatBytes(LOGIN_DOMAIN, digest(loginStatement.write(statement)));
  return new Uint8Array(createHmac('sha256', sessionKey).update(message).digest());
}
