// Opens a client of one service: its addresses are tried in turn.
import type { AlarmClock, Random } from '@kura/base';
import type { Bandwidth } from '../bandwidth.ts';
import type { TlsIdentity, TrustRule } from '../tls.ts';
import type { EndpointClient } from './client.ts';

export interface ClientOptions {
  /** "host:port"; one that does not answer is followed by the next. */
  readonly addresses: readonly string[];
  /** Absent: no certificate is shown. */
  readonly identity?: TlsIdentity;
  readonly trust: TrustRule;
  /** "http://[user:password@]host:port": asked to CONNECT. */
  readonly proxy?: string;
  readonly bandwidth?: Bandwidth;
  /** At once, to each address. */
  readonly connections?: number;
  readonly clock: AlarmClock;
  readonly random: Random;
}

export declare function openClient(options: ClientOptions): EndpointClient;
