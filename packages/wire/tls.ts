// What both ends of a connection agree on about TLS: 1.3 only, no resumption, and trust by roles instead of
// host names. Who is trusted is the caller's rule; this package only makes sure that it is asked before a
// byte of a request goes out or comes in.
import type { X509Certificate } from 'node:crypto';

/** What one end shows of itself. PEM texts; the certificate's chain may follow it. */
export interface TlsIdentity {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/**
 * Decides whether the other end is who it should be: throws `refused` with the reason if not. `chain`: what
 * else the other end sent, from the issuer upwards; nothing of it is verified yet.
 */
export type TrustRule = (certificate: X509Certificate, chain: readonly X509Certificate[]) => void;
