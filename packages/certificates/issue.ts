// Certificates of an authority, and the authority's own. What a certificate says comes from the caller's tables
// or tokens; of the request only the key is used.
import { createHash, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { DAY_MS, HOUR_MS, KuraError, type Random, utf8 } from '@kura/base';
import {
  bits,
  implicit,
  integer,
  keyIdentifierOf,
  octets,
  oid,
  sequence,
  set,
  smallInteger,
  subjectOf,
  TRUE,
  tagged,
  text,
  time,
} from './der.ts';
import { ECDSA_SHA256, keyPemOf, newKey, pointOf, publicKeyInfo, readKey } from './ec-key.ts';
import { hostName } from './hosts.ts';
import { type CertificateName, formatName, idOf, type Role } from './name.ts';
import { readRequest } from './request.ts';

/** Both in PEM; the certificate signs others. */
export interface Authority {
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface CertificateOrder {
  /** As `newRequest` makes it: only its key is taken. */
  readonly request: Uint8Array;
  readonly name: CertificateName;
  /** Where a listener is reached: DNS names or addresses. */
  readonly hosts: readonly string[];
  readonly nowMs: number;
  readonly random: Random;
}

/** From issuing on; a device may be away for a season. */
export const LASTS_MS: Readonly<Record<Role, number>> = {
  device: 90 * DAY_MS,
  gateway: 30 * DAY_MS,
  coordinator: 30 * DAY_MS,
  store: 30 * DAY_MS,
  operator: 30 * DAY_MS,
};
export const AUTHORITY_LASTS_MS = 3652 * DAY_MS;
export const MAX_HOSTS = 16;
/** Clocks differ. */
const BACKDATED_MS = HOUR_MS;
const SERIAL_BYTES = 16;

const SERVER = oid('1.3.6.1.5.5.7.3.1');
const CLIENT = oid('1.3.6.1.5.5.7.3.2');
const URI_NAME = 6;
/** Bits from the left: digitalSignature; keyCertSign and cRLSign. */
const SIGNS_CONNECTIONS = bits(Uint8Array.of(0x80), 7);
const SIGNS_CERTIFICATES = bits(Uint8Array.of(0x06), 1);

const commonName = (name: string): Uint8Array =>
  sequence(set(sequence(oid('2.5.4.3'), text(name))));

function extension(id: string, value: Uint8Array, isCritical = false): Uint8Array {
  return sequence(oid(id), ...(isCritical ? [TRUE] : []), octets(value));
}

const keyUsage = (usage: Uint8Array): Uint8Array => extension('2.5.29.15', usage, true);
const basicConstraints = (...content: readonly Uint8Array[]): Uint8Array =>
  extension('2.5.29.19', sequence(...content), true);
const extendedKeyUsage = (...uses: readonly Uint8Array[]): Uint8Array =>
  extension('2.5.29.37', sequence(...uses));

const KEY_IDENTIFIER_BYTES = 20;

/** RFC 7093: the first 160 bits of SHA-256 of the key. */
function subjectKeyIdentifier(point: Uint8Array): Uint8Array {
  const hash = createHash('sha256').update(point).digest();
  return extension('2.5.29.14', octets(new Uint8Array(hash.subarray(0, KEY_IDENTIFIER_BYTES))));
}

/** None if the authority has none: a name that fits nothing is worse. */
function authorityKeyIdentifier(authority: Uint8Array): readonly Uint8Array[] {
  const identifier = keyIdentifierOf(authority);
  return identifier === undefined
    ? []
    : [extension('2.5.29.35', sequence(implicit(0, identifier)))];
}

interface Content {
  readonly serial: Uint8Array;
  readonly issuer: Uint8Array;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly subject: Uint8Array;
  readonly point: Uint8Array;
  readonly extensions: readonly Uint8Array[];
}

function signCertificate(content: Content, key: KeyObject): string {
  const version3 = tagged(0, smallInteger(2));
  const signed = sequence(
    version3,
    integer(content.serial),
    ECDSA_SHA256,
    content.issuer,
    sequence(time(content.fromMs), time(content.untilMs)),
    content.subject,
    publicKeyInfo(content.point),
    tagged(3, sequence(...content.extensions)),
  );
  const signature = new Uint8Array(sign('sha256', signed, key));
  const whole = sequence(signed, ECDSA_SHA256, bits(signature));
  return new X509Certificate(whole).toString();
}

/** 16 bytes that are always 16 bytes as a positive number, so that one serial has one spelling. */
function asSerial(bytes: Uint8Array): Uint8Array {
  const serial = bytes.slice(0, SERIAL_BYTES);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

/** The certificate in PEM. Throws `hostile` for a bad request. */
export function issue(authority: Authority, order: CertificateOrder): string {
  const { name, hosts, nowMs, random } = order;
  if (hosts.length > MAX_HOSTS) {
    throw new KuraError('too_large', `a certificate names at most ${MAX_HOSTS} hosts`);
  }
  const isListener = name.role !== 'device' && name.role !== 'operator';
  const issuer = new Uint8Array(new X509Certificate(authority.certificatePem).raw);
  const point = readRequest(order.request);
  const names = [implicit(URI_NAME, utf8(formatName(name))), ...hosts.map(hostName)];
  return signCertificate(
    {
      serial: asSerial(random.bytes(SERIAL_BYTES)),
      issuer: subjectOf(issuer),
      fromMs: nowMs - BACKDATED_MS,
      untilMs: nowMs + LASTS_MS[name.role],
      subject: commonName(idOf(name)),
      point,
      extensions: [
        basicConstraints(),
        keyUsage(SIGNS_CONNECTIONS),
        subjectKeyIdentifier(point),
        ...authorityKeyIdentifier(issuer),
        extendedKeyUsage(...(isListener ? [SERVER, CLIENT] : [CLIENT])),
        extension('2.5.29.17', sequence(...names)),
      ],
    },
    readKey(authority.keyPem),
  );
}

/** A network's own authority, for ten years. `network`: its id, for people who look at the certificate. */
export function foundAuthority(
  network: string,
  { nowMs, random }: { readonly nowMs: number; readonly random: Random },
): Authority {
  const key = newKey(random);
  const point = pointOf(key);
  const subject = commonName(`Kura network ${network}`);
  const certificatePem = signCertificate(
    {
      serial: asSerial(random.bytes(SERIAL_BYTES)),
      issuer: subject,
      fromMs: nowMs - BACKDATED_MS,
      untilMs: nowMs + AUTHORITY_LASTS_MS,
      subject,
      point,
      extensions: [
        basicConstraints(TRUE, smallInteger(0)),
        keyUsage(SIGNS_CERTIFICATES),
        subjectKeyIdentifier(point),
      ],
    },
    key,
  );
  return { certificatePem, keyPem: keyPemOf(key) };
}

const TIMESTAMPER_LASTS_MS = 366 * DAY_MS;
const TIMESTAMPS = oid('1.3.6.1.5.5.7.3.8');

/** Of whoever stamps times in this authority's name; its key does nothing else (RFC 3161, 2.3). */
export function issueTimestamper(
  authority: Authority,
  {
    key,
    nowMs,
    random,
  }: { readonly key: KeyObject; readonly nowMs: number; readonly random: Random },
): string {
  const issuer = new Uint8Array(new X509Certificate(authority.certificatePem).raw);
  const point = pointOf(key);
  return signCertificate(
    {
      serial: asSerial(random.bytes(SERIAL_BYTES)),
      issuer: subjectOf(issuer),
      fromMs: nowMs - BACKDATED_MS,
      untilMs: nowMs + TIMESTAMPER_LASTS_MS,
      subject: commonName('timestamps'),
      point,
      extensions: [
        basicConstraints(),
        keyUsage(SIGNS_CONNECTIONS),
        subjectKeyIdentifier(point),
        ...authorityKeyIdentifier(issuer),
        extension('2.5.29.37', sequence(TIMESTAMPS), true),
      ],
    },
    readKey(authority.keyPem),
  );
}

const SELF_MADE_LASTS_MS = 365 * DAY_MS;

/**
 * A certificate that nobody vouches for, of a card or a reader: it only carries the key, of which TLS shows
 * that its holder has it. The same for the same key and time.
 */
export function selfMade(keyPem: string, nowMs: number): string {
  const key = readKey(keyPem);
  const point = pointOf(key);
  const subject = commonName('kura');
  return signCertificate(
    {
      serial: asSerial(new Uint8Array(createHash('sha256').update(point).digest())),
      issuer: subject,
      fromMs: nowMs - BACKDATED_MS,
      untilMs: nowMs + SELF_MADE_LASTS_MS,
      subject,
      point,
      extensions: [
        basicConstraints(),
        keyUsage(SIGNS_CONNECTIONS),
        extendedKeyUsage(SERVER, CLIENT),
      ],
    },
    key,
  );
}
