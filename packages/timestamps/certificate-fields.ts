// What timestamps need to see of a certificate and Node does not show: the names in the bytes that they are
// compared by, and whether an extension is critical. Only of certificates that Node has read.
import { contextTag, DerReader, TAGS } from './der-reader.ts';

export interface CertificateNames {
  readonly serial: bigint;
  /** DER of the issuer's name. */
  readonly issuer: Uint8Array;
}

export interface CertificateExtension {
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

const VERSION = contextTag(0);
const EXTENSIONS = contextTag(3);

function fieldsOf(certificate: Uint8Array): DerReader {
  const fields = new DerReader(certificate).inside(TAGS.sequence).inside(TAGS.sequence);
  fields.optional(VERSION);
  return fields;
}

export function namesOf(certificate: Uint8Array): CertificateNames {
  const fields = fieldsOf(certificate);
  const serial = fields.integer();
  fields.element(); // algorithm
  return { serial, issuer: fields.expect(TAGS.sequence).whole };
}

/** `name`: dotted. Undefined if it has none. */
export function extensionOf(
  certificate: Uint8Array,
  name: string,
): CertificateExtension | undefined {
  const fields = fieldsOf(certificate);
  while (!fields.isAtEnd && fields.peek() !== EXTENSIONS) fields.element();
  if (fields.isAtEnd) return undefined;
  for (const list = fields.inside(EXTENSIONS).inside(TAGS.sequence); !list.isAtEnd; ) {
    const extension = list.inside(TAGS.sequence);
    if (extension.oid() !== name) continue;
    const isCritical = extension.optional(TAGS.boolean)?.content[0] === 0xff;
    return { isCritical, value: extension.octets() };
  }
  return undefined;
}
