// For tests only: a program of a member's that takes messages over real TLS, under an authority of its own.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { systemAlarmClock, systemRandom } from '@kura/base';
import { foundAuthority, issue, newRequest } from '@kura/certificates';

export interface Heard {
  readonly delivery: string;
  readonly signature: string;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  /** PEM: who judges its certificate. */
  readonly authority: string;
  readonly heard: readonly Heard[];
  /** What it answers from now on. */
  status: number;
}

export async function openReceiver(test: TestContext): Promise<Receiver> {
  const [nowMs, random, network] = [systemAlarmClock.nowMs(), systemRandom, 'ab'.repeat(16)];
  const authority = foundAuthority(network, { nowMs, random });
  const { keyPem: key, request } = newRequest(random);
  const name = { role: 'coordinator', network, id: 'c0'.repeat(16) } as const;
  const hosts = ['127.0.0.1'];
  const heard: Heard[] = [];
  const server = createServer(
    { key, cert: issue(authority, { request, name, hosts, nowMs, random }) },
    (asked, answer) => {
      const parts: Buffer[] = [];
      asked.on('data', (part: Buffer) => parts.push(part));
      asked.on('end', () => {
        const { 'kura-delivery': delivery, 'kura-signature': signature } = asked.headers;
        const body = Buffer.concat(parts).toString();
        heard.push({ delivery: String(delivery), signature: String(signature), body });
        answer.writeHead(receiver.status).end('thanks');
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.after(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => void server.close(() => resolve()));
  });
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    ...{ url: `https://127.0.0.1:${port}/kura`, authority: authority.certificatePem, heard },
    status: 204,
  };
  return receiver;
}
