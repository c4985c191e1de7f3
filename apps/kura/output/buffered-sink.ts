// Standard output, gathered into large writes unless a person is watching: listing a hundred thousand files
// line by line would be a hundred thousand system calls.
import type { Sink } from './output.ts';

/** Larger gains nothing, smaller costs calls. */
const FLUSH_CHARACTERS = 64 * 1024;

export class BufferedSink implements Sink {
  readonly colour: boolean;
  readonly #write: (text: string) => void;
  readonly #isTerminal: boolean;
  #text = '';

  constructor(options: {
    readonly write: (text: string) => void;
    readonly colour: boolean;
    readonly isTerminal: boolean;
  }) {
    this.colour = options.colour;
    this.#write = options.write;
    this.#isTerminal = options.isTerminal;
  }

  write(text: string): void {
    this.#text += text;
    if (this.#isTerminal || this.#text.length >= FLUSH_CHARACTERS) this.flush();
  }

  flush(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    this.#write(text);
  }
}
