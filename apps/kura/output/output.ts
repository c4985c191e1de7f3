// Where a command's words go. Standard output gets what was asked for, in complete records and nothing
// else; everything said along the way goes to standard error. Every line is escaped on its way out.
import type { ByteString } from '@kura/base';
import { displayName, isUtf8 } from '@kura/base';
import { renderLine } from './style.ts';

/** Anything that can be written as JSON. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** A stream of the process, or a test's. */
export interface Sink {
  write(text: string): void;
  /** Of a sink that gathers: what it has goes out now. */
  flush?(): void;
  readonly colour: boolean;
}

export interface OutputOptions {
  readonly out: Sink;
  readonly err: Sink;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

export class Output {
  readonly #options: OutputOptions;
  /** Called before anything is written, so that a progress line can make room. */
  beforeWrite: () => void = () => undefined;

  constructor(options: OutputOptions) {
    this.#options = options;
  }

  get isJson(): boolean {
    return this.#options.json;
  }

  get isVerbose(): boolean {
    return this.#options.verbose;
  }

  get isQuiet(): boolean {
    return this.#options.quiet;
  }

  #write(sink: Sink, text: string): void {
    this.beforeWrite();
    sink.write(text);
  }

  /** A line of the answer, for people; nothing with `--json`. */
  line(text = ''): void {
    if (this.#options.json) return;
    const { out } = this.#options;
    this.#write(out, `${renderLine(text, { colour: out.colour })}\n`);
  }

  lines(texts: Iterable<string>): void {
    for (const text of texts) this.line(text);
  }

  /** What was written is seen now: for a command that goes on for long after its answer. */
  flush(): void {
    this.#options.out.flush?.();
  }

  /** A record of the answer, for scripts; nothing without `--json`. */
  record(value: Json): void {
    if (this.#options.json) this.#write(this.#options.out, `${JSON.stringify(value)}\n`);
  }

  /** Something worth knowing that is not the answer; `--quiet` and `--json` leave it out. */
  note(text: string): void {
    if (this.#options.quiet || this.#options.json) return;
    this.#toPerson(text);
  }

  /** Said only with `--verbose`. */
  detail(text: string): void {
    if (this.#options.verbose && !this.#options.json) this.#toPerson(text);
  }

  /** Always said, on standard error; one JSON line with `--json`. */
  warning(text: string, facts: Readonly<Record<string, Json | undefined>> = {}): void {
    const { err, json } = this.#options;
    if (json) {
      const record = { message_type: 'warning', message: text, ...facts };
      this.#write(err, `${JSON.stringify(record)}\n`);
    } else {
      this.#toPerson(`warning: ${text}`);
    }
  }

  #toPerson(text: string): void {
    const { err } = this.#options;
    this.#write(err, `${renderLine(text, { colour: err.colour })}\n`);
  }
}

/** A path in JSON: readable, and exact for names that are not UTF-8. */
export function jsonPath(path: ByteString): { path: string; path_base64?: string } {
  if (isUtf8(path)) return { path: displayName(path) };
  return { path: displayName(path), path_base64: Buffer.from(path, 'latin1').toString('base64') };
}
