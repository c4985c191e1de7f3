// A TCP proxy that stands before a program and does to its connections what networks do. It knows nothing of what
// goes through it. With several programs behind it, it is what an operator puts before them: the next one if one
// is not there.
import net from 'node:net';
import { type AlarmClock, must, systemAlarmClock } from '@kura/base';

/**
 * sound: everything goes through · cut: connections are reset, new ones as well · silent: they stand, and no byte
 * moves in either direction · deaf: what is sent to the program stays on the way, what it says goes through.
 */
export type Line = 'sound' | 'cut' | 'silent' | 'deaf';

interface Address {
  readonly host: string;
  readonly port: number;
}

/** What comes from `from` goes on to `to`, unless it is held; then the kernels' buffers fill up and who sends waits. */
class Direction {
  readonly #from: net.Socket;
  readonly #to: net.Socket;
  #isHeld: boolean;
  #isFull = false;

  constructor(from: net.Socket, to: net.Socket, isHeld: boolean) {
    this.#from = from;
    this.#to = to;
    this.#isHeld = isHeld;
    if (isHeld) from.pause();
    from.on('data', (bytes: Buffer) => {
      this.#isFull = !to.write(bytes);
      this.#flow();
    });
    from.on('end', () => to.end());
    to.on('drain', () => {
      this.#isFull = false;
      this.#flow();
    });
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#flow();
  }

  #flow(): void {
    if (this.#isHeld || this.#isFull) this.#from.pause();
    else if (!this.#to.destroyed) this.#from.resume();
  }
}

class Connection {
  readonly #outer: net.Socket;
  readonly #inner: net.Socket;
  readonly #inward: Direction;
  readonly #outward: Direction;

  constructor(outer: net.Socket, inner: net.Socket, line: Line) {
    this.#outer = outer;
    this.#inner = inner;
    this.#inward = new Direction(outer, inner, line !== 'sound');
    this.#outward = new Direction(inner, outer, line === 'silent');
  }

  obey(line: Line): void {
    if (line === 'cut') {
      this.end();
      return;
    }
    this.#inward.hold(line !== 'sound');
    this.#outward.hold(line === 'silent');
  }

  end(): void {
    this.#outer.resetAndDestroy();
    this.#inner.resetAndDestroy();
  }
}

export class FaultProxy {
  readonly #server: net.Server;
  readonly #targets: readonly Address[];
  readonly #connections = new Set<Connection>();
  #line: Line = 'sound';
  #preferred = 0;

  private constructor(targets: readonly Address[]) {
    this.#targets = targets;
    this.#server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      socket.on('error', () => undefined);
      if (this.#line === 'cut') socket.resetAndDestroy();
      else this.#connect(socket, { tries: this.#targets.length });
    });
  }

  /** Listens on loopback. `targets`: "host:port" of the programs behind it. */
  static async open(targets: readonly string[]): Promise<FaultProxy> {
    const proxy = new FaultProxy(targets.map(addressOf));
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  /** "127.0.0.1:41234" */
  get address(): string {
    const bound = this.#server.address();
    if (bound === null || typeof bound === 'string') throw new Error('the proxy is closed');
    return `127.0.0.1:${bound.port}`;
  }

  /** Connections that stand. */
  get count(): number {
    return this.#connections.size;
  }

  /** From now on, for connections that stand and for those that come. */
  become(line: Line): void {
    this.#line = line;
    for (const connection of [...this.#connections]) connection.obey(line);
  }

  /** Resolves when the line has been so for `durationMs`, and is sound again. */
  async suffer(
    line: Line,
    durationMs: number,
    clock: AlarmClock = systemAlarmClock,
  ): Promise<void> {
    this.become(line);
    await new Promise<void>((resolve) => {
      clock.after(durationMs, resolve);
    });
    this.become('sound');
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of [...this.#connections]) connection.end();
    await closed;
  }

  #connect(outer: net.Socket, { tries }: { readonly tries: number }): void {
    const { host, port } = must(this.#targets[this.#preferred], 'a proxy has a target');
    const inner = net.connect({ host, port, allowHalfOpen: true });
    const refused = (): void => {
      this.#preferred = (this.#preferred + 1) % this.#targets.length;
      if (tries > 1 && !outer.destroyed) this.#connect(outer, { tries: tries - 1 });
      else outer.resetAndDestroy();
    };
    inner.once('error', refused);
    inner.once('connect', () => {
      inner.removeListener('error', refused);
      this.#join(outer, inner);
    });
  }

  #join(outer: net.Socket, inner: net.Socket): void {
    const connection = new Connection(outer, inner, this.#line);
    this.#connections.add(connection);
    const over = (): void => {
      this.#connections.delete(connection);
      connection.end();
    };
    for (const socket of [outer, inner]) {
      socket.on('error', () => undefined);
      socket.once('close', over);
    }
    if (this.#line === 'sound') outer.resume();
    // It was cut, or left, while its other half was being made.
    if (this.#line === 'cut' || outer.destroyed) over();
  }
}

function addressOf(text: string): Address {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
}
