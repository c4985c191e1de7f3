// Log text as a web service writes it: lines of several kinds with times, hosts, paths, request ids and
// numbers that vary. Not a repeated block; zstd level 1 makes it about four times smaller.

const HOSTS = ['edge', 'api', 'worker', 'billing', 'search', 'mail', 'store'];
const LEVELS = ['INFO', 'INFO', 'INFO', 'INFO', 'INFO', 'DEBUG', 'WARN', 'ERROR'];
const METHODS = ['GET', 'GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE', 'HEAD'];
const NOUNS = ['orders', 'users', 'invoices', 'sessions', 'images', 'carts', 'reports', 'events'];
const STATUSES = [
  '200',
  '200',
  '200',
  '200',
  '200',
  '201',
  '204',
  '304',
  '400',
  '404',
  '500',
  '503',
];
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36',
  'curl/8.9.1',
  'okhttp/4.12.0',
  'python-requests/2.32.3',
];
const FAULTS = [
  'connection to database lost, retrying',
  'slow query on table',
  'cache miss for key',
  'upstream timed out after',
  'token refreshed for account',
];
/** Random numbers are drawn in blocks of this many bytes: one call a line would cost more than the line. */
const POOL_BYTES = 65_536;
const START_MS = Date.UTC(2026, 0, 1);

export class LogText {
  readonly #more: (bytes: number) => Uint8Array;
  #pool: DataView;
  #at = 0;
  #timeMs = START_MS;

  constructor(more: (bytes: number) => Uint8Array) {
    this.#more = more;
    this.#pool = this.#fill();
  }

  #fill(): DataView {
    const bytes = this.#more(POOL_BYTES);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #word(): number {
    if (this.#at + 4 > POOL_BYTES) {
      this.#pool = this.#fill();
      this.#at = 0;
    }
    const word = this.#pool.getUint32(this.#at);
    this.#at += 4;
    return word;
  }

  #below(limit: number): number {
    return this.#word() % limit;
  }

  #pick(words: readonly string[]): string {
    return words[this.#below(words.length)] ?? '';
  }

  #hex(): string {
    return this.#word().toString(16).padStart(8, '0');
  }

  #line(): string {
    this.#timeMs += this.#below(40);
    const time = new Date(this.#timeMs).toISOString();
    const host = `${this.#pick(HOSTS)}-${this.#below(12)}`;
    const head = `${time} ${host} ${this.#pick(LEVELS)} [${this.#hex()}${this.#hex()}]`;
    if (this.#below(8) === 0) {
      return `${head} ${this.#pick(FAULTS)} ${this.#pick(NOUNS)}/${this.#below(100_000)}\n`;
    }
    const address = `10.${this.#below(4)}.${this.#below(64)}.${this.#below(256)}`;
    const path = `/v2/${this.#pick(NOUNS)}/${this.#below(200_000)}`;
    const request = `${this.#pick(METHODS)} ${path} HTTP/1.1`;
    const size = this.#below(20_000);
    const took = this.#below(900);
    const status = this.#pick(STATUSES);
    const agent = this.#pick(AGENTS);
    return `${head} ${address} "${request}" ${status} ${size} ${took}ms "${agent}"\n`;
  }

  /** Exactly `bytes` of text, the last line cut where they end. */
  block(bytes: number): Buffer {
    const lines: string[] = [];
    for (let length = 0; length < bytes; ) {
      const line = this.#line();
      lines.push(line);
      length += line.length;
    }
    return Buffer.from(lines.join(''), 'latin1').subarray(0, bytes);
  }
}
