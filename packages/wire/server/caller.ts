// Who is at the other end of a connection, as far as TLS has shown it.

import type { KuraError } from '@kura/base';
import type { CertificateName } from '@kura/certificates/name.ts';

/**
 * nobody: showed no certificate · certified: one that the network vouches for · self-made: any other, of
 * which only the key is known.
 */
export type Caller =
  | { readonly kind: 'nobody'; readonly address: string }
  | {
      readonly kind: 'self-made';
      readonly address: string;
      /** SHA-256 of the certificate's SubjectPublicKeyInfo: TLS has shown that the caller has its key. */
      readonly keyHash: Uint8Array;
      /** Whom its certificate names, if anybody: a claim that nothing bears out. */
      readonly claims?: CertificateName | undefined;
      /** Why the network does not vouch for it. */
      readonly refusal: KuraError;
    }
  | {
      readonly kind: 'certified';
      readonly address: string;
      readonly keyHash: Uint8Array;
      readonly name: CertificateName;
      /** Lower-case hex. */
      readonly serial: string;
    };
