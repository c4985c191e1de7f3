// Lines in threads, as the planner sees them: each call becomes a message. Some threads start when this is made,
// while the passphrase is still being stretched; the others with their first call, so that a backup that finds
// nothing new never pays for them. The first line packs folders and the snapshot itself: it is built while the walk
// is under way, so that nobody waits for it at the end.
import type { Line, LineFactory, LineSetup } from '@kura/agent';
import { must } from '@kura/base';
import type { LineBlueprint, LineWay } from './line.ts';
import type { LineNews } from './line-thread.ts';
import { asError, ThreadCaller } from './thread-caller.ts';

export type Blueprint = Omit<LineBlueprint, 'session' | 'hangUp' | 'table' | 'markedPacks'>;

export interface ThreadLinesOptions {
  /** Of the blueprint's way: its code is loaded before there is a blueprint. */
  readonly way: LineWay['kind'];
  readonly count: number;
  readonly startAtOnce: number;
}

export class ThreadLines implements LineFactory {
  readonly #blueprint: Promise<Blueprint>;
  readonly #threads: LineThread[];

  constructor(blueprint: Promise<Blueprint>, { way, count, startAtOnce }: ThreadLinesOptions) {
    this.#blueprint = blueprint;
    // Whoever opens the lines is told; until then a failure is somebody else's to report.
    blueprint.catch(() => undefined);
    this.#threads = Array.from({ length: count }, () => new LineThread(way));
    for (const thread of this.#threads.slice(0, startAtOnce)) thread.start();
  }

  async open(setup: LineSetup): Promise<readonly Line[]> {
    const data: LineBlueprint = {
      ...(await this.#blueprint),
      session: setup.session,
      hangUp: setup.hangUp ?? 'late',
      table: setup.table.memory,
      markedPacks: setup.markedPacks,
    };
    const lines = this.#threads.map((thread) => thread.line({ ...setup, data }));
    void this.#threads[0]?.begin();
    return lines;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }
}

type OpenSetup = LineSetup & { data: LineBlueprint };

class LineThread {
  readonly #way: LineWay['kind'];
  #caller: ThreadCaller<LineNews> | undefined;
  #setup: OpenSetup | undefined;
  #begun: Promise<void> | undefined;

  constructor(way: LineWay['kind']) {
    this.#way = way;
  }

  start(): ThreadCaller<LineNews> {
    if (this.#caller !== undefined) return this.#caller;
    this.#caller = new ThreadCaller<LineNews>({
      program: new URL('./start-line-thread.ts', import.meta.url),
      onNews: (news) => this.#hear(news),
    });
    // What cannot be loaded is told when the line is built.
    this.#caller.call<void>('load', this.#way).catch(() => undefined);
    return this.#caller;
  }

  /** Builds the line, unless that has begun. Whoever works with it is told how that went. */
  begin(): Promise<void> {
    const { data } = must(this.#setup, 'a line is opened before it is built');
    this.#begun ??= this.start().call<void>('begin', data);
    this.#begun.catch(() => undefined);
    return this.#begun;
  }

  line(setup: OpenSetup): Line {
    this.#setup = setup;
    const call = async <Result>(method: string, argument?: unknown): Promise<Result> => {
      const caller = this.start();
      await this.begin();
      return await caller.call<Result>(method, argument);
    };
    const callIfBegun = <Result>(method: string, otherwise: Result): Promise<Result> =>
      this.#begun === undefined ? Promise.resolve(otherwise) : call<Result>(method);
    return {
      files: (task) => call('files', task),
      share: (task) => call('share', task),
      pack: (frame) => call('pack', frame),
      adopt: (segment) =>
        this.#begun === undefined ? this.#adoptLater(setup, segment) : call('adopt', segment),
      finishData: () => callIfBegun('finishData', undefined),
      planFolderPack: (moreBytes) => call('planFolderPack', moreBytes),
      finishFolders: () => callIfBegun('finishFolders', undefined),
      abort: async () => {
        await callIfBegun('abort', undefined).catch(() => undefined);
      },
    };
  }

  async end(): Promise<void> {
    await this.#caller?.end();
    this.#caller = undefined;
    this.#begun = undefined;
  }

  /** A thread that has not begun gets the grown table when it does. */
  async #adoptLater(
    setup: { data: LineBlueprint },
    segment: LineBlueprint['table']['segments'][number],
  ): Promise<void> {
    const { data } = setup;
    setup.data = { ...data, table: { segments: [...data.table.segments, segment] } };
  }

  #hear(news: LineNews): void {
    if ('finished' in news) this.#setup?.onFinished(news.finished);
    else void this.#rescue(news.rescue);
  }

  async #rescue(packNumber: number): Promise<void> {
    const caller = this.start();
    try {
      const isRescued = (await this.#setup?.rescue(packNumber)) ?? false;
      caller.tell({ packNumber, isRescued });
    } catch (error) {
      caller.die(asError(error));
    }
  }
}
