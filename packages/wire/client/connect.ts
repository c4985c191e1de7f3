// One connection to one address: TCP or a proxy, TLS 1.3, and the question whether the other end is who it
// should be, all within a named time. Nothing of a request is sent before that is answered.
import { X509Certificate } from 'node:crypto';
import { isIP, connect as openTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  createSecureContext,
  type SecureContext,
  type TLSSocket,
  connect as upgrade,
} from 'node:tls';
import { type AlarmClock, assert, KuraError, SECOND_MS } from '@kura/base';
import { type HostPort, parseAddress } from '../address.ts';
import type { TlsIdentity, TrustRule } from '../tls.ts';
import { connectThrough } from './proxy.ts';

export interface Route {
  /** "host:port" */
  readonly address: string;
  readonly identity?: TlsIdentity | undefined;
  readonly trust: TrustRule;
  readonly proxy?: string | undefined;
  readonly clock: AlarmClock;
}

/** As Node's `net` takes it: `callback` hears how many bytes are in `buffer` now. */
export interface OnRead {
  readonly buffer: Uint8Array;
  readonly callback: (count: number) => boolean;
}

/** TCP, proxy, TLS and trust together. */
export const CONNECT_MS = 10 * SECOND_MS;
/** A chain of more links than this is none of ours. */
const MAX_CHAIN = 8;

const contexts = new WeakMap<TlsIdentity, SecureContext>();

/** Said here and not beside a connection's other options, where Node overlooks it if a context is given. */
const minVersion = 'TLSv1.3';

/** Keys are parsed once for each identity, not for each connection. */
function contextOf(identity: TlsIdentity | undefined): SecureContext {
  if (identity === undefined) return createSecureContext({ minVersion });
  const known = contexts.get(identity);
  if (known !== undefined) return known;
  const { certificatePem: cert, keyPem: key } = identity;
  const made = createSecureContext({ cert, key, minVersion });
  contexts.set(identity, made);
  return made;
}

/** The certificates that the other end sent above its own, unverified. */
function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let link = socket.getPeerCertificate(true);
  while (chain.length < MAX_CHAIN) {
    const issuer = link.issuerCertificate;
    if (issuer?.raw === undefined || issuer === link) break;
    chain.push(new X509Certificate(issuer.raw));
    link = issuer;
  }
  return chain;
}

function checkPeer(socket: TLSSocket, trust: TrustRule): void {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) {
    throw new KuraError('refused', 'the service shows no certificate', {
      context: { reason: 'none' },
    });
  }
  trust(certificate, chainOf(socket));
}

function tcp({ host, port }: HostPort, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = openTcp({ host, port, noDelay: true, keepAlive: true, signal });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      resolve(socket);
    });
  });
}

/** Over a connection that is there, or over one that TLS opens itself: only then can it fill a buffer of ours. */
type Below = { readonly socket: Duplex } | { readonly onread: OnRead };

function secure(below: Below, route: Route, signal: AbortSignal): Promise<TLSSocket> {
  const { host, port } = parseAddress(route.address);
  return new Promise((resolve, reject) => {
    const socket = upgrade({
      ...('socket' in below ? below : { ...below, host, port, noDelay: true, keepAlive: true }),
      secureContext: contextOf(route.identity),
      // Names of hosts are not what is trusted: `trust` is asked below, before anything is sent.
      rejectUnauthorized: false,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    const fail = (error: unknown): void => {
      socket.destroy();
      reject(error);
    };
    const stop = (): void => fail(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    // Kept for as long as the socket lives: an error that comes later ends it, and whoever uses it sees that.
    socket.on('error', fail);
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', stop);
      try {
        checkPeer(socket, route.trust);
        resolve(socket);
      } catch (error) {
        fail(error);
      }
    });
    socket.once('close', () => fail(new Error('closed while TLS was being agreed on')));
  });
}

/**
 * Throws `refused` if `trust` does, `unreachable` for all else, `interrupted` if `signal` says so. `onread`: what is
 * read goes into its buffer and to nobody else; not through a proxy.
 */
export async function connectSecurely(
  route: Route,
  signal?: AbortSignal,
  onread?: OnRead,
): Promise<TLSSocket> {
  const { address, proxy, clock } = route;
  const target = parseAddress(address);
  const controller = new AbortController();
  const disarm = clock.after(CONNECT_MS, () => controller.abort(new Error('no answer in time')));
  const stop = (): void => controller.abort(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted === true) stop();
  try {
    assert(proxy === undefined || onread === undefined, 'a proxy has read before TLS does');
    if (onread !== undefined) return await secure({ onread }, route, controller.signal);
    const socket =
      proxy === undefined
        ? await tcp(target, controller.signal)
        : await connectThrough(proxy, target, controller.signal);
    return await secure({ socket }, route, controller.signal);
  } catch (error) {
    if (signal?.aborted === true) {
      throw new KuraError('interrupted', 'stopped while connecting', { cause: error });
    }
    if (error instanceof KuraError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new KuraError('unreachable', `${address} does not answer: ${why}`, {
      guidance: 'Look at the network, the address, and whether the service runs.',
      context: { address },
      cause: error,
    });
  } finally {
    disarm();
    signal?.removeEventListener('abort', stop);
  }
}
