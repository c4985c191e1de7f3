// The open port: TCP, then TLS 1.3 with a certificate asked for and none demanded. Who the other end is, is
// judged by whoever gets the connection; here only their number before that is bounded.
import { constants } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { type AlarmClock, asKuraError } from '@kura/base';
import { countedAddress, formatAddress } from '../address.ts';
import type { TlsIdentity } from '../tls.ts';
import type { ConnectionBook } from './admission.ts';
import type { EdgeLimits } from './limits.ts';

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsIdentity;
  readonly limits: EdgeLimits;
  readonly book: ConnectionBook;
  readonly clock: AlarmClock;
  readonly admitsAddress: ((address: string) => boolean) | undefined;
  readonly onConnection: (socket: TLSSocket, address: string) => void;
}

function contextOf({ certificatePem, keyPem }: TlsIdentity): SecureContext {
  return createSecureContext({
    cert: certificatePem,
    key: keyPem,
    minVersion: 'TLSv1.3',
    // A resumed session would come without the certificate of its caller.
    secureOptions: constants.SSL_OP_NO_TICKET,
  });
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #tcp: Server;
  #context: SecureContext;
  /** In the middle of TLS. */
  readonly #opening = new Set<Socket>();

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#context = contextOf(options.tls);
    this.#tcp = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#accept(socket));
    this.#tcp.maxConnections = options.limits.connections;
  }

  /** Resolves to "host:port" as bound. */
  listen(): Promise<string> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void =>
        reject(
          asKuraError(error, `cannot listen on ${formatAddress({ host, port })}`, {
            guidance:
              'Another program may have this port, or the address may not be of this machine.',
          }),
        );
      this.#tcp.once('error', fail);
      this.#tcp.listen({ host, port }, () => {
        this.#tcp.removeListener('error', fail);
        const bound = this.#tcp.address();
        const chosen = typeof bound === 'object' && bound !== null ? bound.port : port;
        resolve(formatAddress({ host, port: chosen }));
      });
    });
  }

  renew(tls: TlsIdentity): void {
    this.#context = contextOf(tls);
  }

  /** No new connections; those that are still opening end. */
  close(): void {
    this.#tcp.close();
    for (const socket of this.#opening) socket.destroy();
  }

  #accept(socket: Socket): void {
    const { book, admitsAddress } = this.#options;
    const address = countedAddress(socket.remoteAddress);
    const isAdmitted = admitsAddress?.(address) ?? true;
    if (!isAdmitted || !book.beginHandshake(address)) {
      socket.destroy();
      return;
    }
    this.#secure(socket, address);
  }

  #secure(socket: Socket, address: string): void {
    const { book, clock, limits, onConnection } = this.#options;
    const disarm = clock.after(limits.headMs, () => socket.destroy());
    this.#opening.add(socket);
    const settle = (): void => {
      disarm();
      if (this.#opening.delete(socket)) book.endHandshake(address);
    };
    socket.once('close', settle);
    socket.on('error', () => socket.destroy());
    const secure = new TLSSocket(socket, {
      isServer: true,
      secureContext: this.#context,
      requestCert: true,
      // The endpoint decides what a certificate is needed for, and says why it is refused.
      rejectUnauthorized: false,
    });
    secure.on('error', () => secure.destroy());
    secure.once('close', () => socket.destroy());
    secure.once('secure', () => {
      settle();
      onConnection(secure, address);
    });
  }
}
