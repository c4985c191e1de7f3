// Offline: an authority that is trusted has stamped exactly this hash, and when. Nobody is asked; the certificates
// that belong to it came with the token.
import { createHash, type KeyObject, verify, type X509Certificate } from 'node:crypto';
import { equalBytes, KuraError } from '@kura/base';
import { extensionOf, namesOf } from './certificate-fields.ts';
import { followChain, tryCertificate } from './chain.ts';
import { type DerElement, DerReader, TAGS } from './der-reader.ts';
import { HASHES, type HashName, OIDS, SIGNATURES } from './oids.ts';
import { parseSignedToken, type SignedToken, type SignerId } from './signed-data.ts';
import { parseTokenInfo, type TokenInfo } from './token-info.ts';

export interface TokenQuestion {
  /** SHA-256 of what is said to have been stamped. */
  readonly imprint: Uint8Array;
  /** Certificates that are believed (`readAuthorities`). */
  readonly authorities: readonly X509Certificate[];
  /** Of the request, when the answer to one is judged. */
  readonly nonce?: bigint;
}

export interface Timestamp extends TokenInfo {
  /** The certificate that signed, and the trusted one that its chain ends at. */
  readonly signer: X509Certificate;
  readonly authority: X509Certificate;
}

/** `token`: DER of a TimeStampToken. Throws `refused`, saying why. */
export function verifyTimestamp(token: Uint8Array, question: TokenQuestion): Timestamp {
  const signed = parseSignedToken(token);
  const info = parseTokenInfo(signed.content);
  if (!equalBytes(info.imprint, question.imprint)) refuse('it is of something else');
  if (question.nonce !== undefined && info.nonce !== question.nonce) {
    refuse('it answers another request');
  }
  const others = signed.certificates.flatMap((der) => tryCertificate(der) ?? []);
  const signer = [...others, ...question.authorities].find((one) => isNamed(one, signed.signer));
  if (signer === undefined) return refuse('the certificate of its signer is not there');
  checkAttributes(signed, signer);
  checkSignature(signed, signer.publicKey);
  const { authorities } = question;
  const authority = followChain({ signer, others, authorities, atMs: info.timeMs });
  return { ...info, signer, authority };
}

function refuse(why: string): never {
  throw new KuraError('refused', `the timestamp is refused: ${why}`);
}

function isNamed(certificate: X509Certificate, id: SignerId): boolean {
  if ('keyIdentifier' in id) {
    const found = keyIdentifierOf(certificate.raw);
    return found !== undefined && equalBytes(found, id.keyIdentifier);
  }
  const { serial, issuer } = namesOf(certificate.raw);
  return serial === id.serial && equalBytes(issuer, id.issuer);
}

function keyIdentifierOf(certificate: Uint8Array): Uint8Array | undefined {
  const extension = extensionOf(certificate, OIDS.subjectKeyIdentifier);
  return extension === undefined ? undefined : new DerReader(extension.value).octets();
}

function digestOf(signed: SignedToken): HashName {
  return HASHES.get(signed.digestAlgorithm) ?? refuse('it uses a hash that is not believed');
}

/** The attributes bind what is said to who says it: type and digest of the content, and the certificate itself. */
function checkAttributes(signed: SignedToken, signer: X509Certificate): void {
  const attribute = (name: string): DerElement =>
    signed.attributes.get(name) ?? refuse('a signed attribute is missing');
  const type = new DerReader(attribute(OIDS.contentType).whole).oid();
  if (type !== OIDS.tokenInfo) refuse('what is signed is not a timestamp');
  const digest = new DerReader(attribute(OIDS.messageDigest).whole).octets();
  const own = createHash(digestOf(signed)).update(signed.content).digest();
  if (!equalBytes(digest, own)) refuse('what it says was changed');
  const named = signed.attributes.get(OIDS.signingCertificateV2);
  const isNamed =
    named !== undefined
      ? namesV2(named.whole, signer)
      : namesV1(attribute(OIDS.signingCertificate).whole, signer);
  if (!isNamed) refuse('it names another certificate than the one that signed');
}

/** RFC 5816: the first of the certificates named is the signer's. */
function namesV2(attribute: Uint8Array, signer: X509Certificate): boolean {
  const first = new DerReader(attribute)
    .inside(TAGS.sequence)
    .inside(TAGS.sequence)
    .inside(TAGS.sequence);
  const algorithm =
    first.peek() === TAGS.sequence ? first.inside(TAGS.sequence).oid() : OIDS.sha256;
  const name = HASHES.get(algorithm) ?? refuse('it uses a hash that is not believed');
  return equalBytes(first.octets(), createHash(name).update(signer.raw).digest());
}

/** RFC 3161 as it was: by SHA-1, which here only says which certificate is meant; the signature is not of it. */
function namesV1(attribute: Uint8Array, signer: X509Certificate): boolean {
  const first = new DerReader(attribute)
    .inside(TAGS.sequence)
    .inside(TAGS.sequence)
    .inside(TAGS.sequence);
  return equalBytes(first.octets(), createHash('sha1').update(signer.raw).digest());
}

function checkSignature(signed: SignedToken, key: KeyObject): void {
  const form = SIGNATURES.get(signed.signatureAlgorithm);
  if (form === undefined || form.keyType !== key.asymmetricKeyType) {
    refuse('it is signed in a way that is not known here');
  }
  const hash = form.keyType === 'ed25519' ? null : (form.hash ?? digestOf(signed));
  if (verify(hash, signed.signedAttributes, key, signed.signature)) return;
  refuse('its signature does not belong to it');
}
