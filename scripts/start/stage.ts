// What the steps of the demonstration share: where things are, how to speak, and how to open the services
// that the commands use. It opens them anew for each step, as each command does.
import { homedir } from 'node:os';
import { relative } from 'node:path';
import { systemClock } from '@kura/base';
import type { CommandServices, OpenServices } from '@kura/kura/commands/types.ts';
import { Output, type Sink } from '@kura/kura/output/output.ts';
import { type ProgressSink, silentProgress, TerminalProgress } from '@kura/kura/output/progress.ts';
import { paint } from '@kura/kura/output/style.ts';
import { openServices } from '@kura/kura/wiring/services.ts';
import type { Places } from './places.ts';
import type { DemoSecrets } from './secrets.ts';

export interface StageOptions {
  readonly places: Places;
  /** The folder that the person is in. */
  readonly here: string;
  readonly secrets: DemoSecrets;
  readonly out: Sink;
  readonly err: Sink;
  readonly errColumns: (() => number) | undefined;
  readonly signal: AbortSignal;
}

const MARGIN = '   ';
const LABEL_COLUMNS = 18;

export class Stage {
  readonly places: Places;
  readonly secrets: DemoSecrets;
  readonly signal: AbortSignal;
  readonly #newProgress: () => ProgressSink;
  #progress: ProgressSink = silentProgress;
  readonly #here: string;
  readonly #output: Output;
  #steps = 0;

  constructor(options: StageOptions) {
    const { places, here, secrets, signal, out, err, errColumns } = options;
    this.places = places;
    this.#here = here;
    this.secrets = secrets;
    this.signal = signal;
    this.#newProgress = () =>
      errColumns === undefined
        ? silentProgress
        : new TerminalProgress({ sink: err, clock: systemClock, columns: errColumns });
    this.#output = new Output({ out, err, json: false, quiet: false, verbose: false });
    this.#output.beforeWrite = () => this.#progress.finish();
  }

  /** The first and the last words. */
  title(text: string, more?: string): void {
    this.#output.line();
    this.#output.line(paint('strong', text));
    if (more !== undefined) this.#output.line(paint('faint', more));
  }

  /** "2  Sealing docs and apps" */
  step(text: string): void {
    this.#steps++;
    this.#output.line();
    this.#output.line(`${paint('accent', String(this.#steps))}  ${paint('strong', text)}`);
  }

  line(text = ''): void {
    this.#output.line(text === '' ? '' : MARGIN + text);
  }

  lines(texts: readonly string[]): void {
    for (const text of texts) this.line(text);
  }

  /** What the label names, in one column with all others. */
  fact(label: string, text: string): void {
    this.line(`${paint('faint', label.padEnd(LABEL_COLUMNS))}  ${text}`);
  }

  /** "docs", if the person stands beside it. */
  readonly pathFromHere = (path: string): string => {
    const below = relative(this.#here, path);
    return below === '' || below.startsWith('..') ? shortPath(path) : below;
  };

  warning(text: string): void {
    this.#output.warning(text);
  }

  /** A new one for each piece of work: rates and times begin with it. */
  beginProgress(): ProgressSink {
    this.#progress.finish();
    this.#progress = this.#newProgress();
    return this.#progress;
  }

  async withServices<Result>(work: (services: CommandServices) => Promise<Result>) {
    const open: OpenServices = openServices;
    const services = await open({
      home: this.places.home,
      card: undefined,
      media: [],
      secrets: this.secrets.secrets,
      progress: this.beginProgress(),
      // No proxy is on the way to a folder.
      environment: {},
      signal: this.signal,
      // Which store is away is what the story tells anyway.
      warn: () => undefined,
    });
    try {
      return await work(services);
    } finally {
      this.#progress.finish();
      await services.close();
    }
  }
}

/** As a person writes it, and as a shell reads it. */
export function shortPath(path: string): string {
  if (!/^[\w/.,:@%+-]+$/.test(path)) return `'${path.replaceAll("'", "'\\''")}'`;
  const home = homedir();
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
