// The direct lines to one address: one that is free serves again, and whoever finds none waits for a turn.
import { type AlarmClock, KuraError, SECOND_MS, Slots } from '@kura/base';
import type { Route } from '../connect.ts';
import { Line } from './line.ts';

export interface LinesOptions {
  readonly connections: number;
  readonly clock: AlarmClock;
  readonly maxHeadBytes: number;
}

/** Whoever waits has a deadline of its own, and that is shorter. */
const WAIT_MS = 600 * SECOND_MS;
const MAX_WAITING = 1024;

export class Lines {
  readonly #route: Route;
  readonly #options: LinesOptions;
  readonly #turns: Slots;
  /** All that are open, with the turn of those that are taken. */
  readonly #open = new Map<Line, () => void>();
  readonly #free: Line[] = [];
  readonly #closing = new AbortController();

  constructor(route: Route, options: LinesOptions) {
    this.#route = route;
    this.#options = options;
    const { connections, clock } = options;
    const bounds = { waitMs: WAIT_MS, waiting: MAX_WAITING, clock };
    this.#turns = new Slots({ noun: 'connections', atOnce: connections, ...bounds });
  }

  /** It is free again once its answer has been read, and ends if `ask` fails. */
  async take(signal: AbortSignal): Promise<Line> {
    const endTurn = await this.#turns.take(signal);
    try {
      const line = this.#wake() ?? (await this.#connect(signal));
      this.#open.set(line, endTurn);
      return line;
    } catch (error) {
      endTurn();
      throw error;
    }
  }

  /** Also lines that are still being opened; what waits for an answer fails. */
  destroy(): void {
    this.#closing.abort(new KuraError('interrupted', 'the client was closed'));
    for (const line of [...this.#open.keys()]) line.destroy();
  }

  #wake(): Line | undefined {
    for (let line = this.#free.pop(); line !== undefined; line = this.#free.pop()) {
      if (line.wake()) return line;
    }
    return undefined;
  }

  #connect(signal: AbortSignal): Promise<Line> {
    const { maxHeadBytes, clock } = this.#options;
    return Line.open(this.#route, {
      signal: AbortSignal.any([signal, this.#closing.signal]),
      ...{ maxHeadBytes, clock },
      onFree: (line) => this.#rest(line),
      onEnd: (line) => this.#remove(line),
    });
  }

  #rest(line: Line): void {
    if (!line.isOver) {
      line.rest();
      this.#free.push(line);
    }
    this.#open.get(line)?.();
  }

  #remove(line: Line): void {
    const at = this.#free.indexOf(line);
    if (at !== -1) this.#free.splice(at, 1);
    this.#open.get(line)?.();
    this.#open.delete(line);
  }
}
