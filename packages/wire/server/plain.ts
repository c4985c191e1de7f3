// A tiny plain HTTP service for the operator's own machine: fixed paths, `GET` only, texts. Not for strangers:
// it belongs on a loopback or a monitoring network.
import { createServer } from 'node:http';
import { asKuraError, SECOND_MS } from '@kura/base';
import { formatAddress, parseAddress } from '../address.ts';

export interface PlainAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

export interface PlainService {
  /** "127.0.0.1:9443" as bound. */
  readonly address: string;
  close(): void;
}

/** A monitor asks for three pages now and then. */
const MAX_CONNECTIONS = 32;
const REQUEST_MS = 10 * SECOND_MS;

function answer(path: string, method: string, pages: PlainPages): PlainAnswer {
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  const type = 'text/plain; charset=utf-8';
  if (page === undefined) return { status: 404, type, text: 'no such page\n' };
  if (method !== 'GET') return { status: 405, type, text: 'only GET\n' };
  return page();
}

/** Path → what it answers now. */
export type PlainPages = Readonly<Record<string, () => PlainAnswer>>;

/** `address`: "host:port", port 0 for any that is free. */
export function servePlain(address: string, pages: PlainPages): Promise<PlainService> {
  const { host, port } = parseAddress(address);
  const server = createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, keepAliveTimeout: REQUEST_MS },
    ({ url = '', method = '' }, response) => {
      const { status, type, text } = answer(url, method, pages);
      response.writeHead(status, {
        'Content-Type': type,
        'Content-Length': Buffer.byteLength(text),
      });
      response.end(text);
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        asKuraError(error, `cannot listen on ${address}`, {
          guidance: 'Another program may have this port: change "health.address".',
        }),
      ),
    );
    server.listen({ host, port }, () => {
      const bound = server.address();
      const chosen = typeof bound === 'object' && bound !== null ? bound.port : port;
      resolve({
        address: formatAddress({ host, port: chosen }),
        close: () => {
          server.close();
          server.closeAllConnections();
        },
      });
    });
  });
}
