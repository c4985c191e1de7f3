// What a store that dials out is told: where, as whom, and who serves what comes back over the connection.
import type { X509Certificate } from 'node:crypto';
import type { AlarmClock, Random } from '@kura/base';
import type { CertificateName } from '@kura/certificates/name.ts';
import type { Edge } from '../server/edge.ts';
import type { TlsIdentity } from '../tls.ts';

export interface DialOptions {
  /** Addresses of all gateways as known now: looked at again at each `refresh`. */
  readonly gateways: () => readonly string[];
  /** Serves what gateways ask. */
  readonly edge: Edge;
  /** Asked for each connection, so that a renewed certificate is used from then on. */
  readonly identity: () => TlsIdentity;
  /** Judges a gateway before anything is sent, and says which it is. */
  readonly authorise: (certificate: X509Certificate) => CertificateName;
  readonly proxy?: string | undefined;
  /** Told of each failure, for a log. */
  readonly onFailure?: (gateway: string, error: unknown) => void;
  readonly clock: AlarmClock;
  readonly random: Random;
}
