// The servers of the world on this machine: one TLS listener that answers as every host that a feed names,
// with validators and silence as a test wants them, behind a proxy that is asked to CONNECT to the real
// names. Nothing here leaves the machine.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import { gzipSync } from 'node:zlib';
import { systemClock, systemRandom } from '@kura/base';
import { foundAuthority, issue, newRequest } from '@kura/certificates';

export interface Served {
  readonly body: Uint8Array | string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The server takes the question and never answers. */
  readonly isSilent?: boolean;
}

export interface Asked {
  readonly url: string;
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
}

const NETWORK = 'fe'.repeat(16);

export class FeedServer {
  /** By address: "https://host/path". Anything else is 404. */
  readonly answers = new Map<string, Served>();
  readonly asked: Asked[] = [];
  /** "host:port" of every CONNECT. */
  readonly tunnels: string[] = [];
  readonly #tls: https.Server;
  readonly #proxy: http.Server;
  readonly #folder: string;

  private constructor(hosts: readonly string[]) {
    this.#folder = fs.mkdtempSync(`${os.tmpdir()}/kura-feeds-`);
    const around = { nowMs: systemClock.nowMs(), random: systemRandom };
    const authority = foundAuthority(NETWORK, around);
    const { keyPem, request } = newRequest(systemRandom);
    const name = { role: 'gateway', network: NETWORK, id: 'fe'.repeat(16) } as const;
    const certificatePem = issue(authority, { request, name, hosts, ...around });
    fs.writeFileSync(this.authorityFile, authority.certificatePem);
    const identity = { key: keyPem, cert: certificatePem };
    this.#tls = https.createServer(identity, (request, response) =>
      this.#answer(request, response),
    );
    this.#proxy = http.createServer();
    this.#proxy.on('connect', (request, socket) =>
      this.#tunnel(request.url ?? '', socket as net.Socket),
    );
  }

  /** `hosts`: whom it answers as, at most sixteen. */
  static async start(hosts: readonly string[]): Promise<FeedServer> {
    const server = new FeedServer(hosts);
    for (const one of [server.#tls, server.#proxy]) {
      await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
    }
    return server;
  }

  /** PEM of the only authority that these servers' certificates are from. */
  get authorityFile(): string {
    return `${this.#folder}/authority.pem`;
  }

  get proxy(): string {
    return `http://127.0.0.1:${(this.#proxy.address() as AddressInfo).port}`;
  }

  timesAsked(url: string): number {
    return this.asked.filter((one) => one.url === url).length;
  }

  async close(): Promise<void> {
    for (const one of [this.#proxy, this.#tls]) {
      one.closeAllConnections();
      await new Promise((resolve) => one.close(resolve));
    }
    fs.rmSync(this.#folder, { recursive: true });
  }

  #tunnel(target: string, socket: net.Socket): void {
    this.tunnels.push(target);
    const inner = net.connect((this.#tls.address() as AddressInfo).port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      inner.pipe(socket);
      socket.pipe(inner);
    });
    for (const [one, other] of [
      [inner, socket],
      [socket, inner],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  }

  #answer({ headers, url: path = '' }: http.IncomingMessage, response: http.ServerResponse): void {
    const url = `https://${headers.host}${path}`;
    const served = this.answers.get(url) ?? { body: '', status: 404 };
    const etag = `"${createHash('sha256').update(served.body).digest('hex').slice(0, 16)}"`;
    const isKnown = served.status === undefined && headers['if-none-match'] === etag;
    const status = isKnown ? 304 : (served.status ?? 200);
    this.asked.push({ url, status, headers });
    if (served.isSilent === true) return;
    response.writeHead(status, { etag, 'content-encoding': 'gzip', ...served.headers });
    response.end(isKnown ? undefined : gzipSync(served.body));
  }
}
