// A service without manners: real TLS with a certificate of the network, and whatever bytes a test wants as
// answers.
import type { TestContext } from 'node:test';
import { createServer, type TLSSocket } from 'node:tls';
import type { TestNetwork } from './test-network.ts';

export interface Rogue {
  readonly address: string;
  /** Heads of requests, as they came. */
  readonly asked: readonly string[];
  /** Connections that are open. */
  readonly sockets: ReadonlySet<TLSSocket>;
}

/** `answer` is called with each head and gives what is written; undefined: nothing. */
export function openRogue(
  test: TestContext,
  network: TestNetwork,
  answer: (head: string, socket: TLSSocket, count: number) => string | undefined,
): Promise<Rogue> {
  const { certificatePem, keyPem } = network.identity('gateway');
  const asked: string[] = [];
  const sockets = new Set<TLSSocket>();
  const options = {
    cert: certificatePem,
    key: keyPem,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const server = createServer(options, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    let text = '';
    socket.on('data', (piece: Buffer) => {
      text += piece.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end === -1) return;
      const head = text.slice(0, end);
      text = '';
      asked.push(head);
      const written = answer(head, socket, asked.length);
      if (written !== undefined) socket.write(Buffer.from(written, 'latin1'));
    });
  });
  test.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
      resolve({ address: `127.0.0.1:${port}`, asked, sockets });
    }),
  );
}

export function answerText(status: number, headers: readonly string[], body = ''): string {
  return [`HTTP/1.1 ${status} X`, ...headers, '', body].join('\r\n');
}

export function jsonAnswer(body: string, status = 200): string {
  const headers = ['Content-Type: application/json', `Content-Length: ${body.length}`];
  return answerText(status, headers, body);
}
