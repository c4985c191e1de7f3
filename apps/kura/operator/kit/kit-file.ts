// The file of an operator's kit: lines of text, compressed, in sealed segments under a key that a passphrase opens.
// It is written and read in pieces, so a kit may be larger than memory (docs/design/rebuild.md).
import { createCipheriv, createDecipheriv, hash, hkdfSync } from 'node:crypto';
import { createReadStream, createWriteStream, openSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import { asKuraError, concatBytes, KIB, MIB, type Random, utf8 } from '@kura/base';
import { damagedKit, parseKitJson } from '@kura/coordinator/rebuild/damaged-kit.ts';
import {
  type CardKey,
  newCardKey,
  STANDARD_COST,
  unwrapCardKey,
  wrapRoot,
} from '@kura/member-seal';

const MAGIC = 'kura-operator-kit 1\n';
const MAX_HEAD_BYTES = 4 * KIB;
/** Of compressed text. Larger: more memory; smaller: more tags. */
const SEGMENT_BYTES = MIB;
const TAG_BYTES = 16;
const LENGTH_BYTES = 4;
const CIPHER = 'aes-256-gcm';
/** A page of rows of a table is one line. */
const MAX_LINE_BYTES = 256 * MIB;

export interface KitSecrets {
  readonly passphrase: string;
  readonly random: Random;
}

function kitKey(key: CardKey): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', 'kura/1 operator kit', 32));
}

/** A counter and the mark of the last segment: none can be left out, moved or added. */
function nonceOf(number: number, isLast: boolean): Uint8Array {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32LE(number, 0);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** Throws `already_exists` if there is a file; one that could not be ended is not left. */
export async function writeKit(
  path: string,
  lines: AsyncIterable<string>,
  { passphrase, random }: KitSecrets,
): Promise<void> {
  const key = newCardKey(random);
  const wrapped = await wrapRoot({ root: key, passphrase, cost: STANDARD_COST, random });
  const head = utf8(`${MAGIC}${JSON.stringify(wrapped)}\n`);
  const text = Readable.from(withNewlines(lines));
  const file = createFile(path);
  try {
    await pipeline(
      text,
      createZstdCompress(),
      (pieces: AsyncIterable<Uint8Array>) => sealed(pieces, head, kitKey(key)),
      createWriteStream(path, { fd: file, flush: true }),
    );
  } catch (error) {
    rmSync(path, { force: true });
    throw asKuraError(error, `the kit cannot be written to ${path}`);
  }
}

/** Its descriptor, which the stream closes. */
function createFile(path: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (error) {
    throw asKuraError(error, `the kit cannot be written to ${path}`, {
      guidance: 'Name a file that does not exist yet, in a folder that does.',
    });
  }
}

async function* withNewlines(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const line of lines) yield Buffer.from(`${line}\n`, 'utf8');
}

async function* sealed(
  pieces: AsyncIterable<Uint8Array>,
  head: Uint8Array,
  key: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const associated = hash('sha256', head, 'buffer');
  const seal = (plain: Uint8Array, number: number, isLast: boolean): Uint8Array => {
    const cipher = createCipheriv(CIPHER, key, nonceOf(number, isLast));
    cipher.setAAD(associated);
    const body = concatBytes(cipher.update(plain), cipher.final(), cipher.getAuthTag());
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(body.length);
    return concatBytes(length, body);
  };
  yield head;
  let number = 0;
  let gathered: Uint8Array = new Uint8Array(0);
  for await (const piece of pieces) {
    gathered = concatBytes(gathered, piece);
    for (; gathered.length > SEGMENT_BYTES; gathered = gathered.subarray(SEGMENT_BYTES)) {
      yield seal(gathered.subarray(0, SEGMENT_BYTES), number++, false);
    }
  }
  yield seal(gathered, number, true);
}

/** Throws `wrong_passphrase`, `corrupt`, and what the system says of the file. */
export async function* readKitLines(path: string, passphrase: string): AsyncGenerator<string> {
  const plain = Readable.from(opened(new PieceReader(createReadStream(path)), passphrase));
  const text = plain.compose(createZstdDecompress());
  let rest = '';
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const piece of text as AsyncIterable<Uint8Array>) {
    rest += decode(decoder, piece);
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_BYTES) throw damagedKit();
    yield* lines;
  }
  if (rest !== '') throw damagedKit();
}

function decode(decoder: TextDecoder, piece: Uint8Array): string {
  try {
    return decoder.decode(piece, { stream: true });
  } catch (cause) {
    throw damagedKit(undefined, cause);
  }
}

async function* opened(file: PieceReader, passphrase: string): AsyncGenerator<Uint8Array> {
  const magic = await file.line(MAX_HEAD_BYTES);
  const wrapped = await file.line(MAX_HEAD_BYTES);
  if (magic !== MAGIC) throw damagedKit();
  const key = kitKey(await unwrapCardKey(parseKitJson(wrapped), passphrase));
  const associated = hash('sha256', utf8(magic + wrapped), 'buffer');
  for (let number = 0; ; number++) {
    const length = Buffer.from(await file.take(LENGTH_BYTES)).readUInt32LE();
    if (length < TAG_BYTES || length > SEGMENT_BYTES + TAG_BYTES) throw damagedKit();
    const body = await file.take(length);
    const isLast = await file.isAtEnd();
    const decipher = createDecipheriv(CIPHER, key, nonceOf(number, isLast), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(associated);
    decipher.setAuthTag(body.subarray(length - TAG_BYTES));
    const plain = decipher.update(body.subarray(0, length - TAG_BYTES));
    try {
      decipher.final();
    } catch (cause) {
      throw damagedKit(undefined, cause);
    }
    yield plain;
    if (isLast) return;
  }
}

/** Takes a stream apart as its reader wants it. */
class PieceReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  #hasEnded = false;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#pieces = stream[Symbol.asyncIterator]();
  }

  async take(bytes: number): Promise<Uint8Array> {
    while (this.#rest.length < bytes) if (!(await this.#more())) throw damagedKit();
    const taken = this.#rest.subarray(0, bytes);
    this.#rest = this.#rest.subarray(bytes);
    return taken;
  }

  /** With its newline. */
  async line(mostBytes: number): Promise<string> {
    let end = this.#rest.indexOf(10);
    while (end < 0) {
      if (this.#rest.length > mostBytes || !(await this.#more())) throw damagedKit();
      end = this.#rest.indexOf(10);
    }
    return Buffer.from(await this.take(end + 1)).toString('latin1');
  }

  async isAtEnd(): Promise<boolean> {
    return this.#rest.length === 0 && !(await this.#more());
  }

  async #more(): Promise<boolean> {
    if (this.#hasEnded) return false;
    const { done, value } = await this.#pieces.next();
    this.#hasEnded = done === true;
    if (done === true) return false;
    this.#rest = concatBytes(this.#rest, value);
    return true;
  }
}
