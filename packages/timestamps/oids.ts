// The names of things in timestamps, dotted, and the hashes and signatures that are believed: no SHA-1, no MD5.
export const OIDS = {
  sha256: '2.16.840.1.101.3.4.2.1',
  signedData: '1.2.840.113549.1.7.2',
  tokenInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  extendedKeyUsage: '2.5.29.37',
  subjectKeyIdentifier: '2.5.29.14',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  ecdsaSha256: '1.2.840.10045.4.3.2',
} as const;

export type HashName = 'sha256' | 'sha384' | 'sha512';

export const HASHES: ReadonlyMap<string, HashName> = new Map([
  [OIDS.sha256, 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

export interface SignatureForm {
  readonly keyType: 'rsa' | 'ec' | 'ed25519';
  /** Undefined: that of the digest, which stands beside it, or none at all (Ed25519). */
  readonly hash: HashName | undefined;
}

/** RSA with PKCS #1 v1.5, ECDSA, Ed25519. RSA-PSS is not known. */
export const SIGNATURES: ReadonlyMap<string, SignatureForm> = new Map<string, SignatureForm>([
  ['1.2.840.113549.1.1.1', { keyType: 'rsa', hash: undefined }],
  ['1.2.840.113549.1.1.11', { keyType: 'rsa', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { keyType: 'rsa', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { keyType: 'rsa', hash: 'sha512' }],
  [OIDS.ecdsaSha256, { keyType: 'ec', hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { keyType: 'ec', hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { keyType: 'ec', hash: 'sha512' }],
  ['1.3.101.112', { keyType: 'ed25519', hash: undefined }],
]);
