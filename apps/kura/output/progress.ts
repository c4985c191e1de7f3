// How far a long piece of work is: one line on a terminal, rewritten in place, or JSON lines on standard
// error. It is told, it never asks: no timer runs, and the work never waits for it.
import { type Clock, formatBytes, formatDuration } from '@kura/base';
import type { Sink } from './output.ts';
import { paint, renderLine } from './style.ts';
import { columnsOf, fitEnd } from './width.ts';

export interface ProgressState {
  /** One word or two of what is going on: "saving", "restoring". */
  readonly phase: string;
  readonly filesDone: number;
  readonly bytesDone: number;
  /** Undefined as long as nobody knows. */
  readonly filesTotal?: number | undefined;
  readonly bytesTotal?: number | undefined;
  readonly currentPath?: string | undefined;
}

export interface ProgressSink {
  update(state: ProgressState): void;
  /** Takes the line off the screen. */
  finish(): void;
}

export const silentProgress: ProgressSink = {
  update: () => undefined,
  finish: () => undefined,
};

/** Faster than this a person sees flicker, and a script reads the same figure twice. */
const TERMINAL_INTERVAL_MS = 100;
export const JSON_INTERVAL_MS = 200;
/** The rate is that of the last few seconds, so that it follows a change, yet does not jump. */
const RATE_WINDOW_MS = 10_000;
/** Rates of the first moments are noise. */
const RATE_MIN_MS = 500;

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

/** Bytes per second over the last seconds. */
export class RateMeter {
  readonly #samples: Sample[] = [];

  add(atMs: number, bytes: number): void {
    this.#samples.push({ atMs, bytes });
    while ((this.#samples[1]?.atMs ?? atMs) < atMs - RATE_WINDOW_MS) this.#samples.shift();
  }

  /** Undefined until there is enough to judge by. */
  bytesPerSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const elapsedMs = last.atMs - first.atMs;
    if (elapsedMs < RATE_MIN_MS) return undefined;
    return ((last.bytes - first.bytes) / elapsedMs) * 1000;
  }
}

export function secondsLeft(state: ProgressState, rate: number | undefined): number | undefined {
  if (state.bytesTotal === undefined || rate === undefined || rate <= 0) return undefined;
  return Math.max(0, state.bytesTotal - state.bytesDone) / rate;
}

abstract class Progress implements ProgressSink {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #startedMs: number;
  #rate = new RateMeter();
  #phase = '';
  #shownMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#startedMs = clock.elapsedMs();
  }

  update(state: ProgressState): void {
    const nowMs = this.#clock.elapsedMs();
    if (state.phase !== this.#phase) {
      // Each phase counts bytes of its own: a rate across two of them would mean nothing.
      this.#phase = state.phase;
      this.#rate = new RateMeter();
    }
    if (nowMs - this.#shownMs < this.#intervalMs) return;
    this.#shownMs = nowMs;
    this.#rate.add(nowMs, state.bytesDone);
    this.show(state, { elapsedMs: nowMs - this.#startedMs, rate: this.#rate.bytesPerSecond() });
  }

  abstract show(state: ProgressState, figures: Figures): void;
  abstract finish(): void;
}

interface Figures {
  readonly elapsedMs: number;
  readonly rate: number | undefined;
}

function percentOf(state: ProgressState): number | undefined {
  const { bytesDone, bytesTotal, filesDone, filesTotal } = state;
  if (bytesTotal !== undefined && bytesTotal > 0) return Math.min(1, bytesDone / bytesTotal);
  // Phases that count things only, such as packs checked.
  if (filesTotal !== undefined && filesTotal > 0) return Math.min(1, filesDone / filesTotal);
  return undefined;
}

/** "[0:12] saving  45 %  1.2 GiB of 2.6 GiB  312 MiB/s  0:05 left  1234 files  …/name" */
export class TerminalProgress extends Progress {
  readonly #sink: Sink;
  readonly #columns: () => number;
  #isShown = false;

  constructor(options: { sink: Sink; clock: Clock; columns: () => number }) {
    super(options.clock, TERMINAL_INTERVAL_MS);
    this.#sink = options.sink;
    this.#columns = options.columns;
  }

  override show(state: ProgressState, { elapsedMs, rate }: Figures): void {
    const share = percentOf(state);
    const left = secondsLeft(state, rate);
    const { bytesDone, bytesTotal, filesDone, filesTotal } = state;
    const files = filesTotal === undefined ? `${filesDone}` : `${filesDone} of ${filesTotal}`;
    const parts = [
      `[${formatDuration(elapsedMs)}] ${state.phase}`,
      ...(share === undefined ? [] : [`${Math.floor(share * 100)} %`]),
      formatBytes(bytesDone) + (bytesTotal === undefined ? '' : ` of ${formatBytes(bytesTotal)}`),
      ...(rate === undefined ? [] : [`${formatBytes(rate)}/s`]),
      ...(left === undefined ? [] : [`${formatDuration(left * 1000)} left`]),
      `${files} files`,
    ];
    const line = parts.join('  ');
    // One column stays free: some terminals wrap when the last one is written.
    const room = this.#columns() - columnsOf(line) - 3;
    const path = room > 8 ? paint('faint', fitEnd(state.currentPath ?? '', room)) : '';
    const text = renderLine(`${line}  ${path}`, { colour: this.#sink.colour });
    this.#sink.write(`\r\x1b[K${text}`);
    this.#isShown = true;
  }

  override finish(): void {
    if (this.#isShown) this.#sink.write('\r\x1b[K');
    this.#isShown = false;
  }
}

/** The same as restic's status lines, so that what reads those can read these. */
export class JsonProgress extends Progress {
  readonly #sink: Sink;

  constructor(options: { sink: Sink; clock: Clock }) {
    super(options.clock, JSON_INTERVAL_MS);
    this.#sink = options.sink;
  }

  override show(state: ProgressState, { elapsedMs, rate }: Figures): void {
    const left = secondsLeft(state, rate);
    const record = {
      message_type: 'status',
      phase: state.phase,
      seconds_elapsed: Math.floor(elapsedMs / 1000),
      ...(left === undefined ? {} : { seconds_remaining: Math.round(left) }),
      percent_done: percentOf(state) ?? 0,
      ...(state.filesTotal === undefined ? {} : { total_files: state.filesTotal }),
      files_done: state.filesDone,
      ...(state.bytesTotal === undefined ? {} : { total_bytes: state.bytesTotal }),
      bytes_done: state.bytesDone,
      ...(rate === undefined ? {} : { bytes_per_second: Math.round(rate) }),
      ...(state.currentPath === undefined ? {} : { current_files: [state.currentPath] }),
    };
    this.#sink.write(`${JSON.stringify(record)}\n`);
  }

  override finish(): void {
    // Lines that are written stay.
  }
}
