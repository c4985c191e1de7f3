// Questions to the person at the terminal. They go to the terminal itself, not to standard input and
// output, which may belong to a pipe; a secret is read without being shown.
import { closeSync, openSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { KuraError } from '@kura/base';

export interface Terminal {
  /** Undefined: nobody is there to answer. Throws `interrupted` on Ctrl-C. */
  askSecret(question: string): Promise<string | undefined>;
}

/** A longer answer is not a passphrase, and would grow without bound on a terminal gone wild. */
const MAX_SECRET_BYTES = 4096;

const CTRL_C = 0x03;
const CTRL_D = 0x04;
const CTRL_U = 0x15;
const BACKSPACE = [0x08, 0x7f];
const ENTER = [0x0a, 0x0d];

/** What a person types, byte by byte, until it is a line. */
export class SecretLine {
  #bytes: number[] = [];
  #isDone = false;

  get isDone(): boolean {
    return this.#isDone;
  }

  get text(): string {
    return Buffer.from(this.#bytes).toString('utf8');
  }

  /** Throws `interrupted` on Ctrl-C; ignores what comes after the line. */
  take(input: Uint8Array): void {
    for (const byte of input) {
      if (this.#isDone) return;
      if (byte === CTRL_C) throw new KuraError('interrupted', 'interrupted');
      if (ENTER.includes(byte) || byte === CTRL_D) this.#isDone = true;
      else if (BACKSPACE.includes(byte)) this.#dropCharacter();
      else if (byte === CTRL_U) this.#bytes = [];
      else if (this.#bytes.length < MAX_SECRET_BYTES) this.#bytes.push(byte);
    }
  }

  /** One character, of however many bytes of UTF-8. */
  #dropCharacter(): void {
    let last = this.#bytes.pop();
    while (last !== undefined && (last & 0xc0) === 0x80) last = this.#bytes.pop();
  }
}

function nextLine(input: ReadStream): Promise<string> {
  const line = new SecretLine();
  return new Promise((resolve, reject) => {
    input.on('error', reject);
    input.on('end', () => resolve(line.text));
    input.on('data', (bytes: Buffer) => {
      try {
        line.take(bytes);
        if (line.isDone) resolve(line.text);
      } catch (error) {
        reject(error);
      }
    });
  });
}

/**
 * The terminal stops echoing before the question is asked, so that no quick answer is shown, and is as it
 * was afterwards, so that Ctrl-C works again.
 */
async function readSecret(input: ReadStream, ask: () => void): Promise<string> {
  input.setRawMode(true);
  try {
    ask();
    return await nextLine(input);
  } finally {
    input.setRawMode(false);
  }
}

function openTerminal(flags: 'r' | 'w'): number | undefined {
  try {
    return openSync(
      process.platform === 'win32' ? (flags === 'r' ? 'CONIN$' : 'CONOUT$') : '/dev/tty',
      flags,
    );
  } catch {
    return undefined; // no controlling terminal: a service, a container, a pipeline
  }
}

export const processTerminal: Terminal = {
  async askSecret(question) {
    const inputFile = openTerminal('r');
    const outputFile = openTerminal('w');
    if (inputFile === undefined || outputFile === undefined) return undefined;
    const input = new ReadStream(inputFile);
    try {
      return await readSecret(input, () => writeSync(outputFile, question));
    } finally {
      input.destroy();
      writeSync(outputFile, '\n');
      closeSync(outputFile);
    }
  },
};
