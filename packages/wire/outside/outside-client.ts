// Requests to a server that is not Kura's (an object store, a witness): plain HTTP or HTTPS by the system's
// authorities, with bounds of its own. What is signed, tried again or believed is the caller's matter.
import type { Agent, IncomingMessage } from 'node:http';
import https from 'node:https';
import { type AlarmClock, asKuraError, assert, KuraError } from '@kura/base';
import { http } from '../node-http.ts';
import type { Reach } from './reach.ts';

export interface OutsideRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** More than this is `corrupt`: nobody's answer may grow without limit. */
  readonly maxAnswerBytes: number;
  readonly signal?: AbortSignal;
}

export interface OutsideAnswer {
  readonly status: number;
  /** By lower-case name. */
  header(name: string): string | undefined;
  readonly body: Uint8Array;
}

export interface OutsideClient {
  /** Throws `unreachable` if there is no whole answer in time, `corrupt` if it is too long, `refused` out of reach. */
  send(request: OutsideRequest): Promise<OutsideAnswer>;
  close(): void;
}

export interface OutsideOptions {
  /** At once, to each host; more requests wait. */
  readonly connections: number;
  /** For one whole request. */
  readonly deadlineMs: number;
  /** PEM, believed in place of what the system trusts. */
  readonly authority?: string | undefined;
  /** "http://host:port": asked to CONNECT for every https request; it sees nothing but where that goes. */
  readonly proxy?: string | undefined;
  /** Where requests may lead, if strangers say where; default: anywhere. Not together with a proxy. */
  readonly reach?: Reach | undefined;
  readonly clock: AlarmClock;
}

const MAX_HEAD_BYTES = 16 * 1024;

export function openOutsideClient(options: OutsideOptions): OutsideClient {
  const { connections, authority, proxy, reach } = options;
  assert(proxy === undefined || reach === undefined, 'a proxy resolves names by itself');
  const pool = {
    ...{ keepAlive: true, maxSockets: connections, maxFreeSockets: connections },
    ...(reach === undefined ? {} : { lookup: reach.lookup }),
  };
  const plain = new http.Agent(pool);
  const secure = new https.Agent({
    ...pool,
    minVersion: 'TLSv1.2',
    ...(authority === undefined ? {} : { ca: authority }),
    ...(proxy === undefined ? {} : { proxyEnv: { HTTPS_PROXY: proxy } }),
  });
  return {
    send: async (request) => {
      reach?.checkHost(request.url.hostname);
      switch (request.url.protocol) {
        case 'http:':
          return send(request, { ...options, begin: http.request, agent: plain });
        case 'https:':
          return send(request, { ...options, begin: https.request, agent: secure });
        default:
          throw new KuraError('usage', `${request.url.protocol} is no protocol of the web`);
      }
    },
    close: () => {
      plain.destroy();
      secure.destroy();
    },
  };
}

interface Sending extends OutsideOptions {
  readonly begin: typeof http.request;
  readonly agent: Agent;
}

function send(request: OutsideRequest, sending: Sending): Promise<OutsideAnswer> {
  const { method, url, headers, body, signal, maxAnswerBytes } = request;
  const { begin, agent, clock, deadlineMs } = sending;
  return new Promise((resolve, reject) => {
    const outgoing = begin(url, {
      method,
      agent,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-length': body.length }) },
      maxHeaderSize: MAX_HEAD_BYTES,
    });
    const late = new KuraError('unreachable', `${url.host} did not answer in ${deadlineMs} ms`);
    const disarm = clock.after(deadlineMs, () => outgoing.destroy(late));
    const stop = (): void => {
      outgoing.destroy(new KuraError('interrupted', `a request to ${url.host} was given up`));
    };
    const settle = (): void => {
      disarm();
      signal?.removeEventListener('abort', stop);
    };
    outgoing.on('error', (error) => {
      settle();
      reject(lostConnection(error, url));
    });
    outgoing.on('response', (incoming) => {
      readAnswer(incoming, maxAnswerBytes).then(resolve, (error: unknown) => {
        outgoing.destroy();
        reject(lostConnection(error, url));
      });
      incoming.on('close', settle);
    });
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
    outgoing.end(body);
  });
}

/** Whatever a connection can die of is the same to a caller: there was no answer. */
function lostConnection(error: unknown, url: URL): KuraError {
  if (error instanceof KuraError) return error;
  const { message } = asKuraError(error, `${url.host} could not be asked`);
  return new KuraError('unreachable', message, { cause: error });
}

async function readAnswer(incoming: IncomingMessage, maxBytes: number): Promise<OutsideAnswer> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    sizeBytes += part.length;
    if (sizeBytes > maxBytes) {
      throw new KuraError('corrupt', `an answer is longer than the ${maxBytes} bytes expected`);
    }
    parts.push(part);
  }
  if (!incoming.complete) throw new KuraError('unreachable', 'an answer ended too early');
  return {
    status: incoming.statusCode ?? 0,
    header: (name) => {
      const value = incoming.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    body: new Uint8Array(Buffer.concat(parts)),
  };
}
