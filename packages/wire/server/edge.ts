// The edge of a program: what it is given to serve endpoints, and what can be done with it while it serves.
import type { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { AlarmClock, ErrorCode, Random } from '@kura/base';
import type { CertificateName } from '@kura/certificates/name.ts';
import type { Bandwidth } from '../bandwidth.ts';
import type { TlsIdentity } from '../tls.ts';
import type { Caller } from './caller.ts';
import type { EndpointTable, Handlers } from './handler.ts';
import type { EdgeLimits } from './limits.ts';

export interface ServeOptions<T extends EndpointTable> {
  readonly endpoints: T;
  readonly handlers: Handlers<T>;
  readonly tls: TlsIdentity;
  /** Absent: nothing listens, connections come by `attach` only. Port 0: any that is free. */
  readonly listen?: { readonly host: string; readonly port: number };
  /**
   * Whether the network vouches for a certificate: its name, or throws `refused`. Asked when a connection
   * opens, and again while it lasts.
   */
  readonly authorise: (certificate: X509Certificate) => CertificateName;
  /** Asked before TLS: an address that is not admitted is closed without an answer. */
  readonly admitsAddress?: (address: string) => boolean;
  /** Asked after TLS, before any request: a caller that is not admitted is closed without an answer. */
  readonly admits?: (caller: Caller) => boolean;
  /** Told of a certificate that could not be judged at all, for a log; its connection has been ended. */
  readonly onUnjudged?: (address: string, error: unknown) => void;
  /** Called when a request has ended, however it did. */
  readonly onRequest?: (facts: RequestFacts) => void;
  readonly limits?: Partial<EdgeLimits>;
  readonly bandwidth?: Bandwidth;
  readonly clock: AlarmClock;
  readonly random: Random;
}

export interface Edge {
  /** "127.0.0.1:7443" as bound; undefined if nothing listens. */
  readonly address: string | undefined;
  /**
   * Serves a connection that was opened elsewhere, whose other end `caller` is; `onBusy` hears when a request
   * begins and when it has ended.
   */
  attach(connection: Duplex, caller: Caller, onBusy?: (isBusy: boolean) => void): void;
  /** From now on with this certificate; connections that are open keep the old one. */
  renew(tls: TlsIdentity): void;
  /** Ends the connections of these callers at once. */
  end(whose: (caller: Caller) => boolean): void;
  /**
   * No new connections; requests under way get `graceMs`, then all ends but connections that changed their roles:
   * whoever took them over ends them afterwards, because what was under way may have used them.
   */
  drain(graceMs: number): Promise<void>;
  /** Everything at once. */
  close(): Promise<void>;
}

/** One request for a log, a metric or a bill. */
export interface RequestFacts {
  readonly requestId: string;
  /** Name in the table; undefined if the request fitted none. */
  readonly endpoint: string | undefined;
  readonly caller: Caller;
  /** 0: the connection ended before an answer began. */
  readonly status: number;
  readonly code: ErrorCode | undefined;
  /** What was thrown; anything but a KuraError is a mistake of ours. */
  readonly error: unknown;
  /** Of bodies. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly durationMs: number;
}
