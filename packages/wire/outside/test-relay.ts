// For tests only: a relay that obeys RFC 5321 to the letter, on a real socket, with STARTTLS (RFC 3207) and logins
// (RFC 4954) if it has what they need, and with whims if it is given some.
import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly message: string;
}

export interface RelayOptions {
  /** What the relay answers to a line; undefined: what the standard says. */
  readonly whim?: (line: string) => string | undefined;
  /** Ends the connection instead of greeting. */
  readonly isRude?: boolean;
  /** PEM: offers STARTTLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Takes mail only from whoever knows it; offered in the way that is named. */
  readonly login?: {
    readonly way: 'PLAIN' | 'LOGIN';
    readonly user: string;
    readonly password: string;
  };
}

const word = (text: string): string => Buffer.from(text, 'base64').toString('utf8');

export class TestRelay {
  readonly taken: TakenMail[] = [];
  /** As they came, each with whether it came over TLS. */
  readonly lines: { readonly line: string; readonly isSecret: boolean }[] = [];
  readonly #options: RelayOptions;

  constructor(options: RelayOptions = {}) {
    this.#options = options;
  }

  /** Runs `work` while the relay listens on this port of 127.0.0.1. */
  async during(work: (port: number) => Promise<void>): Promise<void> {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      this.#greet(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    try {
      await work(address.port);
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  #greet(socket: Socket): void {
    if (this.#options.isRude === true) {
      socket.destroy();
      return;
    }
    new Conversation(this, this.#options, socket).begin();
    // In two pieces, as a network may bring it.
    socket.write('220 rel');
    socket.write('ay\r\n');
  }
}

/** One connection of a client. */
class Conversation {
  readonly #relay: TestRelay;
  readonly #options: RelayOptions;
  #socket: Socket;
  #text = '';
  #from = '';
  #to: string[] = [];
  #isData = false;
  #isIn: boolean;
  /** What was said of a login so far, decoded. */
  #said: string[] | undefined;

  constructor(relay: TestRelay, options: RelayOptions, socket: Socket) {
    this.#relay = relay;
    this.#options = options;
    this.#socket = socket;
    this.#isIn = options.login === undefined;
  }

  begin(): void {
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (bytes: Buffer) => {
      this.#text += bytes.toString('utf8');
      while (this.#isData ? this.#readMessage() : this.#readLine());
    });
  }

  #readLine(): boolean {
    const end = this.#text.indexOf('\r\n');
    if (end < 0) return false;
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 2);
    this.#relay.lines.push({ line, isSecret: this.#socket instanceof TLSSocket });
    this.#answer(line);
    return true;
  }

  #readMessage(): boolean {
    const end = this.#text.indexOf('\r\n.\r\n');
    if (end < 0) return false;
    const message = `${this.#text.slice(0, end)}\r\n`.replaceAll(/^\.\./gm, '.');
    this.#relay.taken.push({ from: this.#from, to: this.#to, message });
    this.#text = this.#text.slice(end + 5);
    this.#isData = false;
    this.#socket.write(this.#options.whim?.('.') ?? '250 taken\r\n');
    return true;
  }

  #answer(line: string): void {
    const said = this.#options.whim?.(line);
    const [, way, rest] = /^AUTH (PLAIN|LOGIN)(?: (\S+))?$/.exec(line) ?? [];
    if (said !== undefined) this.#socket.write(said);
    else if (this.#said !== undefined) this.#goOnLogin(word(line));
    else if (/^EHLO \S+$/.test(line)) this.#socket.write(this.#offers());
    else if (line === 'STARTTLS') this.#goSecret();
    else if (line === 'QUIT') this.#socket.end('221 bye\r\n');
    else if (way !== undefined) this.#beginLogin(way, rest);
    else this.#socket.write(this.#takeEnvelope(line));
  }

  #takeEnvelope(line: string): string {
    if (!this.#isIn) return '530 who are you\r\n';
    const [, sender] = /^MAIL FROM:<(.*)>$/.exec(line) ?? [];
    const [, recipient] = /^RCPT TO:<(.*)>$/.exec(line) ?? [];
    if (sender !== undefined) this.#from = sender;
    else if (recipient !== undefined && this.#from !== '') this.#to.push(recipient);
    else if (line === 'DATA' && this.#to.length > 0) this.#isData = true;
    else return '503 not now\r\n';
    return this.#isData ? '354 go on\r\n' : '250 OK\r\n';
  }

  #offers(): string {
    const { tls, login } = this.#options;
    const isSecret = this.#socket instanceof TLSSocket;
    return [
      '250-relay',
      ...(tls !== undefined && !isSecret ? ['250-STARTTLS'] : []),
      // A login is offered where it can be given.
      ...(login !== undefined && isSecret ? [`250-AUTH ${login.way}`] : []),
      '250 SIZE 1000000\r\n',
    ].join('\r\n');
  }

  #goSecret(): void {
    const { tls } = this.#options;
    assert.ok(tls !== undefined, 'nobody asks for what is not offered');
    const plain = this.#socket;
    plain.write('220 go on\r\n');
    plain.removeAllListeners('data');
    this.#socket = new TLSSocket(plain, { isServer: true, ...tls });
    this.begin();
  }

  #beginLogin(way: string, rest: string | undefined): void {
    const { login } = this.#options;
    assert.equal(login?.way, way, 'nobody logs in in a way that is not offered');
    if (way === 'LOGIN') {
      this.#said = [];
      this.#socket.write('334 VXNlcm5hbWU6\r\n');
    } else {
      const [, user, password] = word(rest ?? '').split('\0');
      this.#endLogin(user, password);
    }
  }

  #goOnLogin(text: string): void {
    const [user] = this.#said ?? [];
    if (user === undefined) {
      this.#said = [text];
      this.#socket.write('334 UGFzc3dvcmQ6\r\n');
    } else {
      this.#endLogin(user, text);
    }
  }

  #endLogin(user: string | undefined, password: string | undefined): void {
    const { login } = this.#options;
    this.#said = undefined;
    this.#isIn = login?.user === user && login?.password === password;
    this.#socket.write(this.#isIn ? '235 welcome\r\n' : '535 wrong\r\n');
  }
}
