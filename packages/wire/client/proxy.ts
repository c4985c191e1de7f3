// Through an HTTP proxy: asks it to CONNECT, and gives back a connection of which the proxy sees nothing but
// where it goes.
import type { Duplex } from 'node:stream';
import { KuraError } from '@kura/base';
import { formatAddress, type HostPort } from '../address.ts';
import { http } from '../node-http.ts';

interface Proxy {
  readonly host: string;
  readonly port: number;
  readonly authorization: string | undefined;
}

function bad(proxy: string, cause?: unknown): never {
  const shown = proxy.replace(/\/\/[^@]*@/, '//…@').slice(0, 80);
  throw new KuraError('usage', `"${shown}" is no proxy that Kura can use`, {
    guidance: 'A proxy is http://host:port, or http://user:password@host:port.',
    cause,
  });
}

function readProxy(proxy: string): Proxy {
  const url = URL.canParse(proxy) ? new URL(proxy) : bad(proxy);
  if (url.protocol !== 'http:' || url.hostname === '') bad(proxy);
  const { username, password } = url;
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 80 : Number(url.port),
    authorization: username === '' ? undefined : `Basic ${Buffer.from(plain).toString('base64')}`,
  };
}

/** Throws `unreachable` if the proxy does not answer or does not let through. */
export function connectThrough(
  proxy: string,
  target: HostPort,
  signal: AbortSignal,
): Promise<Duplex> {
  const { host, port, authorization } = readProxy(proxy);
  const path = formatAddress(target);
  return new Promise((resolve, reject) => {
    const asked = http.request({
      method: 'CONNECT',
      ...{ host, port, path, signal },
      agent: false,
      headers: {
        Host: path,
        ...(authorization === undefined ? {} : { 'Proxy-Authorization': authorization }),
      },
    });
    const fail = (why: string, cause?: unknown): void =>
      reject(
        new KuraError('unreachable', `the proxy ${host}:${port} ${why}`, {
          guidance: 'Look at the proxy settings.',
          cause,
        }),
      );
    asked.once('error', (error) => fail('does not answer', error));
    asked.once('response', (answer) => {
      answer.destroy();
      fail(`answered ${answer.statusCode ?? 0} instead of a connection`);
    });
    asked.once('connect', (answer, connection, head) => {
      if (answer.statusCode === 200 && head.length === 0) return resolve(connection);
      connection.destroy();
      fail(`does not let through to ${path}: it answered ${answer.statusCode ?? 0}`);
    });
    asked.end();
  });
}

/** Which proxy the usual variables name for `address`; undefined: none. */
export function proxyFor(
  address: HostPort,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const proxy = environment.https_proxy ?? environment.HTTPS_PROXY;
  if (proxy === undefined || proxy === '') return undefined;
  const exceptions = (environment.no_proxy ?? environment.NO_PROXY ?? '').split(',');
  const isExcepted = exceptions.some((given) => {
    const one = given
      .trim()
      .toLowerCase()
      .replace(/^\*?\./, '');
    const host = address.host.toLowerCase();
    return one === '*' || (one !== '' && (host === one || host.endsWith(`.${one}`)));
  });
  return isExcepted ? undefined : proxy;
}
