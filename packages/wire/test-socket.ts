// A client without manners: writes whatever bytes a test wants over TLS, and collects what comes back.
import { connect, type TLSSocket } from 'node:tls';
import { parseAddress } from './address.ts';
import type { TlsIdentity } from './tls.ts';

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** The error's code, if the body has one. */
  readonly code: string | undefined;
}

export class RawSocket {
  readonly tls: TLSSocket;
  #text = '';
  readonly #looking = new Set<() => void>();
  readonly ended: Promise<void>;

  private constructor(tls: TLSSocket) {
    this.tls = tls;
    tls.on('data', (piece: Buffer) => {
      this.#text += piece.toString('latin1');
      for (const look of [...this.#looking]) look();
    });
    tls.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      tls.once('close', () => {
        resolve();
        for (const look of [...this.#looking]) look();
      });
    });
  }

  /** `session`: of an earlier connection, to be resumed. */
  static open(address: string, identity?: TlsIdentity, session?: Buffer): Promise<RawSocket> {
    const { host, port } = parseAddress(address);
    return new Promise((resolve, reject) => {
      const tls = connect({
        ...{ host, port, rejectUnauthorized: false },
        ...(session === undefined ? {} : { session }),
        ...(identity === undefined ? {} : { cert: identity.certificatePem, key: identity.keyPem }),
      });
      tls.once('error', reject);
      tls.once('secureConnect', () => resolve(new RawSocket(tls)));
    });
  }

  write(text: string | Uint8Array): this {
    this.tls.write(text);
    return this;
  }

  get text(): string {
    return this.#text;
  }

  /** Resolves with the first answer, as soon as all of its body is there; fails if the connection ends before. */
  answer(): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const answer = readAnswer(this.#text);
        if (answer === undefined && !this.tls.destroyed) return;
        this.#looking.delete(look);
        if (answer === undefined) reject(new Error(`it ended without an answer: ${this.#text}`));
        else {
          this.#text = this.#text.slice(answer.length);
          resolve(answer);
        }
      };
      this.#looking.add(look);
      look();
    });
  }

  end(): void {
    this.tls.destroy();
  }
}

function readAnswer(text: string): (RawAnswer & { length: number }) | undefined {
  const at = text.indexOf('\r\n\r\n');
  if (at === -1) return undefined;
  const head = text.slice(0, at);
  const size = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
  const body = text.slice(at + 4, at + 4 + size);
  if (body.length < size) return undefined;
  const status = Number(head.split(' ')[1]);
  const code = /"code":"(\w+)"/.exec(body)?.[1];
  return { status, head, body, code, length: at + 4 + size };
}
