// The envelope of a timestamp (CMS, RFC 5652: ContentInfo of SignedData), as RFC 3161 narrows it: one signer, signed
// attributes, the content inside. It takes apart; what it found is judged in verify.ts.
import { concatBytes } from '@kura/base';
import {
  contextTag,
  type DerElement,
  DerReader,
  primitiveContextTag,
  refuseDer,
  TAGS,
} from './der-reader.ts';
import { OIDS } from './oids.ts';

export type SignerId =
  | { readonly issuer: Uint8Array; readonly serial: bigint }
  | { readonly keyIdentifier: Uint8Array };

export interface SignedToken {
  /** DER of TSTInfo. */
  readonly content: Uint8Array;
  /** DER, in no particular order; the signer's may be among them. */
  readonly certificates: readonly Uint8Array[];
  readonly signer: SignerId;
  readonly digestAlgorithm: string;
  /** What the signature is of: the attributes as a SET. */
  readonly signedAttributes: Uint8Array;
  /** By OID; each has exactly one value, and none is there twice. */
  readonly attributes: ReadonlyMap<string, DerElement>;
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
}

const MAX_CERTIFICATES = 8;
const MAX_ATTRIBUTES = 16;

/** Throws `refused`. */
export function parseSignedToken(der: Uint8Array): SignedToken {
  const outer = new DerReader(der);
  const info = outer.inside(TAGS.sequence);
  outer.end();
  if (info.oid() !== OIDS.signedData) refuseDer('it is not signed data');
  const data = info.inside(contextTag(0)).inside(TAGS.sequence);
  info.end();
  if (data.integer() !== 3n) refuseDer('its signed data are of another version');
  const digests = readAlgorithms(data.inside(TAGS.set));
  const content = readContent(data.inside(TAGS.sequence));
  const certificates = readCertificates(data.optional(contextTag(0)));
  data.optional(contextTag(1)); // revocation lists: they are not asked (docs/design/timestamps.md)
  const signers = data.inside(TAGS.set);
  data.end();
  const signer = readSigner(signers.inside(TAGS.sequence));
  signers.end();
  if (!digests.includes(signer.digestAlgorithm))
    refuseDer('it does not name the hash that it uses');
  return { content, certificates, ...signer };
}

function readContent(fields: DerReader): Uint8Array {
  if (fields.oid() !== OIDS.tokenInfo) refuseDer('what is signed is not a timestamp');
  const wrapped = fields.inside(contextTag(0));
  fields.end();
  const content = wrapped.octets();
  wrapped.end();
  return content;
}

function readCertificates(list: DerElement | undefined): readonly Uint8Array[] {
  if (list === undefined) return [];
  const certificates: Uint8Array[] = [];
  for (const reader = new DerReader(list.content); !reader.isAtEnd; ) {
    if (certificates.length === MAX_CERTIFICATES) refuseDer('it has too many certificates');
    certificates.push(reader.expect(TAGS.sequence).whole);
  }
  return certificates;
}

type Signer = Omit<SignedToken, 'content' | 'certificates'>;

function readSigner(fields: DerReader): Signer {
  const version = fields.integer();
  const signer = readSignerId(fields);
  const isRight = version === ('keyIdentifier' in signer ? 3n : 1n);
  if (!isRight) refuseDer('its signer is named in another way than its version says');
  const digestAlgorithm = readAlgorithm(fields);
  const { content } = fields.expect(contextTag(0));
  const attributes = readAttributes(content);
  const signatureAlgorithm = readAlgorithm(fields);
  const signature = fields.octets();
  fields.optional(contextTag(1)); // unsigned attributes
  fields.end();
  const signedAttributes = asSet(content);
  return { signer, digestAlgorithm, attributes, signedAttributes, signatureAlgorithm, signature };
}

function readSignerId(fields: DerReader): SignerId {
  const keyIdentifier = fields.optional(primitiveContextTag(0));
  if (keyIdentifier !== undefined) return { keyIdentifier: keyIdentifier.content };
  const name = fields.inside(TAGS.sequence);
  const issuer = name.expect(TAGS.sequence).whole;
  const serial = name.integer();
  name.end();
  return { issuer, serial };
}

function readAlgorithms(list: DerReader): readonly string[] {
  const names: string[] = [];
  while (!list.isAtEnd) names.push(readAlgorithm(list));
  return names;
}

/** The parameters are none or NULL in every form that is believed. */
function readAlgorithm(fields: DerReader): string {
  const algorithm = fields.inside(TAGS.sequence);
  const name = algorithm.oid();
  algorithm.optional(TAGS.null);
  algorithm.end();
  return name;
}

function readAttributes(content: Uint8Array): ReadonlyMap<string, DerElement> {
  const attributes = new Map<string, DerElement>();
  for (const reader = new DerReader(content); !reader.isAtEnd; ) {
    const attribute = reader.inside(TAGS.sequence);
    const name = attribute.oid();
    const values = attribute.inside(TAGS.set);
    attribute.end();
    const value = values.element();
    const isOne = values.isAtEnd && !attributes.has(name) && attributes.size < MAX_ATTRIBUTES;
    if (!isOne) refuseDer('a signed attribute is there more than once');
    attributes.set(name, value);
  }
  return attributes;
}

/** Signed is the explicit SET, not the `[0]` that stands in its place (RFC 5652, 5.4). */
function asSet(content: Uint8Array): Uint8Array {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.from([TAGS.set, ...size]), content);
}
