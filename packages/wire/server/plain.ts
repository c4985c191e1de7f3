// A tiny plain HTTP service of fixed paths and small texts: health pages for the operator's own machine, which belong
// on a loopback or a monitoring network, and what a witness is asked. No certificate, no streaming.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { asKuraError, SECOND_MS } from '@kura/base';
import { formatAddress, parseAddress } from '../address.ts';
import { http } from '../node-http.ts';

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

/** What is posted to a path, whole. */
export interface PlainPost {
  readonly maxBytes: number;
  /** Throws nothing that its caller should see: what it throws is answered with 500. */
  answer(body: Uint8Array): Promise<PlainAnswer>;
}

/** Path → what it answers now. */
export type PlainPages = Readonly<Record<string, () => PlainAnswer>>;
export type PlainPosts = Readonly<Record<string, PlainPost>>;

/** A monitor asks for three pages now and then; a log asks its witness once after each commit. */
const MAX_CONNECTIONS = 32;
const REQUEST_MS = 10 * SECOND_MS;
const TEXT = 'text/plain; charset=utf-8';

const said = (status: number, text: string): PlainAnswer => ({ status, type: TEXT, text });

/** Undefined if there is more of it. */
async function readUpTo(
  message: IncomingMessage,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of message as AsyncIterable<Buffer>) {
    sizeBytes += part.length;
    if (sizeBytes > maxBytes) return undefined;
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

async function answerPost(message: IncomingMessage, post: PlainPost): Promise<PlainAnswer> {
  const body = await readUpTo(message, post.maxBytes);
  if (body === undefined) return said(413, `at most ${post.maxBytes} bytes\n`);
  try {
    return await post.answer(body);
  } catch {
    return said(500, 'the request failed\n'); // whoever failed has told its own log
  }
}

async function answer(
  message: IncomingMessage,
  { pages, posts }: { readonly pages: PlainPages; readonly posts: PlainPosts },
): Promise<PlainAnswer> {
  const { url: path = '', method = '' } = message;
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  const post = Object.hasOwn(posts, path) ? posts[path] : undefined;
  if (page !== undefined && method === 'GET') return page();
  if (post !== undefined && method === 'POST') return await answerPost(message, post);
  if (page === undefined && post === undefined) return said(404, 'no such page\n');
  return said(405, `only ${page === undefined ? 'POST' : 'GET'}\n`);
}

function write(response: ServerResponse, { status, type, text }: PlainAnswer): void {
  // The body of a request that was not read to its end would be taken for the next one.
  const isUnread = status >= 400 && !response.req.complete;
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(text),
    ...(isUnread ? { Connection: 'close' } : {}),
  });
  response.end(text);
}

/** `address`: "host:port", port 0 for any that is free. `setting`: of the file that named it. */
export function servePlain(
  address: string,
  pages: PlainPages,
  { posts = {}, setting = 'health.address' }: { posts?: PlainPosts; setting?: string } = {},
): Promise<PlainService> {
  const { host, port } = parseAddress(address);
  const server = http.createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, keepAliveTimeout: REQUEST_MS },
    (message, response) => {
      answer(message, { pages, posts }).then(
        (found) => write(response, found),
        () => response.destroy(), // the caller has gone in the middle of its request
      );
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        asKuraError(error, `cannot listen on ${address}`, {
          guidance: `Another program may have this port: change "${setting}".`,
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
